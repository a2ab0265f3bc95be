FROM python:3.11-slim
WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY alertwatch alertwatch
COPY consumer consumer
COPY filters filters
COPY sinks sinks
COPY simulator simulator
RUN python3 -m pip install --no-cache-dir --disable-pip-version-check .
RUN useradd --create-home alertwatch
USER alertwatch
WORKDIR /home/alertwatch
ENTRYPOINT ["alertwatch"]
CMD ["run"]

"""The HTML page of an executed notebook: outputs without code, pictures inside, nothing loaded from the web."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from alertwatch.report import jupyter

_PAGES = Environment(loader=PackageLoader("alertwatch.report", "."), autoescape=True)


def page(notebook: Any) -> str:
    """The whole page."""
    exporter = jupyter("nbconvert").HTMLExporter(
        template_name="basic", exclude_input=True, exclude_output_prompt=True
    )
    body, _ = exporter.from_notebook_node(notebook)
    return _PAGES.get_template("page.html.j2").render(title=notebook.metadata.title, body=Markup(body))  # noqa: S704 - made by us

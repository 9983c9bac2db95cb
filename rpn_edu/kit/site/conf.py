"""What Sphinx reads: it lies beside the pages. Nothing here asks the internet."""

project = "rpn_edu"
author = "the rpn_edu maintainers"
language = "en"
extensions = ["myst_nb", "sphinx_copybutton", "sphinx.ext.mathjax"]
exclude_patterns = ["static"]

# Stored outputs are shown, nothing is run, and no widget asks for its scripts.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, str] = {}
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3

html_theme = "pydata_sphinx_theme"
html_title = "rpn_edu"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("live.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "secondary_sidebar_items": ["page-toc"],
    "navbar_end": ["theme-switcher"],
    "navigation_with_keys": False,
    "show_toc_level": 1,
    "footer_start": [],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}

# One file of MathJax: its menu would fetch others.
mathjax_path = "mathjax/tex-svg.js"
mathjax3_config = {"options": {"enableMenu": False}}

toc_object_entries_show_parents = "hide"
python_display_short_literal_types = True
add_module_names = False

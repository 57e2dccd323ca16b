"""How templates become text: Jinja, with two short cuts that change no letter of a page."""

from flask.templating import Environment as FlaskEnvironment
from jinja2.compiler import CodeGenerator
from markupsafe import Markup, _escape_inner


class _Writer(CodeGenerator):
    """Writes `{{ … }}` so that what is escaped is not wrapped as well: it is joined with the rest at once."""

    def _output_child_pre(self, node, frame, finalize):
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.as_html(")
        else:
            super()._output_child_pre(node, frame, finalize)


class Environment(FlaskEnvironment):
    """The environment of the portal's templates. What its `globals` are to hold is put there before the first is read."""

    code_generator_class = _Writer

    def make_globals(self, d):
        """Return the globals of one template as a dict: each import compares their names, slowly in a chain of two."""
        return {**self.globals, **(d or {})}

    @staticmethod
    def as_html(value):
        """Return `value` escaped, as text; what is HTML already stays as it is."""
        kind = type(value)
        if kind is str:
            return _escape_inner(value)
        if kind is Markup:
            return value
        return value.__html__() if hasattr(value, "__html__") else _escape_inner(str(value))

"""One picture of fixed size whose artists are kept, updated in place and blitted. It knows no component."""

from .canvas import Axes as Axes, Canvas as Canvas, Grid as Grid, data_url as data_url
from .curves import power_of_ten as power_of_ten, steady as steady, with_jumps as with_jumps
from .ghost import Ghost as Ghost

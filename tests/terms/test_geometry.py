"""Grids, patches and packings against torch's convolutions and pools, and against loops that walk cell by cell."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import rpn_edu as rpn
from rpn_edu.expansion import Patches, PatchPooling
from rpn_edu.interdependence import Grid
from rpn_edu.interdependence.base import normalized
from rpn_edu.shared.geometry import PACKINGS

pytestmark = pytest.mark.quick
EMPTY = torch.empty(0, dtype=torch.float64)
TORCH_GRIDS = [
    {"rows": 5, "columns": 7},
    {"rows": 5, "columns": 4, "channels": 3, "stride": 2},
    {"rows": 6, "columns": 7, "radius": 2, "stride": 3},
    {"rows": 3, "columns": 2, "channels": 2, "radius": 0},
]
LOOP_GRIDS = [
    {"rows": 5, "columns": 4, "shape": "cylinder", "radius": 2},
    {"rows": 3, "columns": 4, "depth": 3, "channels": 2, "shape": "cylinder", "depth_radius": 1, "stride": 2},
    {"rows": 4, "columns": 3, "depth": 2, "channels": 2, "shape": "sphere", "radius": 2},
    {"rows": 4, "columns": 5, "depth": 3, "radius": 2, "depth_radius": 1, "packing": "dense_square"},
    {"rows": 7, "columns": 8, "depth": 2, "channels": 2, "shape": "cylinder", "radius": 2, "packing": "complete_hexagonal"},
]


def numbers(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def images(grid, b=2):
    """(b, m), and the same as torch's images (b, channels, rows, columns)."""
    x = numbers(b, Patches(**grid).made_for)
    return x, x.view(b, grid.get("channels", 1), grid["rows"], grid["columns"])


def window(grid):
    """What torch calls these patches."""
    r = grid.get("radius", 1)
    return {"kernel_size": 2 * r + 1, "padding": r, "stride": grid.get("stride") or 1}


def walked(part):
    """[channel][patch]: the cell numbers of its places, None off the grid. Plain loops over the definition."""
    size, (sr, sc, sd) = (part.rows, part.columns, part.depth), part.strides
    r, d = part.radius, part.radius if part.shape == "sphere" else part.depth_radius
    found = []
    for u in range(part.channels):
        found.append([])
        for centre in itertools.product(range(0, size[0], sr), range(0, size[1], sc), range(0, size[2], sd)):
            patch = []
            for i in range(-r, r + 1):
                for j in range(-r, r + 1):
                    for k in range(-d, d + 1):
                        if part.shape == "cylinder" and math.hypot(i, j) > r or part.shape == "sphere" and math.hypot(i, j, k) > r:
                            continue
                        a, b, c = centre[0] + i, centre[1] + j, centre[2] + k
                        inside = 0 <= a < size[0] and 0 <= b < size[1] and 0 <= c < size[2]
                        patch.append(((u * size[0] + a) * size[1] + b) * size[2] + c if inside else None)
            found[-1].append(patch)
    return found


# ---- patches ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grid", TORCH_GRIDS, ids=str)
def test_patches_of_an_image_are_unfold(grid):
    x, image = images(grid)
    patches = Patches(**grid)(x)
    assert torch.equal(patches, F.unfold(image, **window(grid)).flatten(1)) and patches.shape[1] == Patches(**grid).width(x.shape[1])


@pytest.mark.parametrize("grid", LOOP_GRIDS, ids=str)
def test_patches_of_every_shape_are_what_a_walk_over_the_cells_finds(grid):
    part = Patches(**grid)
    x = numbers(3, part.made_for)
    order = [patch[place] for channel in walked(part) for place in range(part.positions) for patch in channel]
    wanted = [[0.0 if cell is None else row[cell] for cell in order] for row in x.tolist()]
    assert part(x).tolist() == wanted and part.width(part.made_for) == len(wanted[0]) == part.channels * part.positions * part.patches


def test_a_patch_has_as_many_cells_as_its_shape_holds():
    assert [Patches(shape="cylinder", radius=r).positions for r in range(5)] == [1, 5, 13, 29, 49]
    assert [Patches(shape="sphere", radius=r).positions for r in range(4)] == [1, 7, 33, 123]
    assert Patches(radius=2, depth_radius=1).positions == 5 * 5 * 3
    assert Patches(shape="cylinder", radius=2, depth_radius=2).positions == 13 * 5  # as far down as up


@pytest.mark.parametrize("stride", [1, 2, 3, 4, 9])
def test_the_number_of_patches_is_rounded_up_on_every_axis(stride):
    part = Patches(rows=5, columns=8, depth=3, stride=stride)
    assert part.patches == math.ceil(5 / stride) * math.ceil(8 / stride) * math.ceil(3 / stride) == part.frozen()["places"].shape[2]


# ---- packing ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape, packing, strides",
    [
        ("cuboid", "densest", (1, 1, 1)),
        ("cuboid", "dense_square", (5, 5, 3)),
        ("cuboid", "complete_square", (10, 10, 6)),
        ("cuboid", "sparse_square", (15, 15, 9)),
        ("cylinder", "densest", (1, 1, 1)),
        ("cylinder", "complete_square", (7, 7, 6)),  # √2 · 5 = 7.07
        ("cylinder", "sparse_square", (10, 10, 6)),
        ("cylinder", "denser_hexagonal", (4, 5, 3)),  # √3 / 2 · 5 = 4.33
        ("cylinder", "dense_hexagonal", (6, 7, 3)),  # √6 / 2 · 5 = 6.12
        ("cylinder", "complete_hexagonal", (7, 8, 6)),  # 1.5 · 5, √3 · 5 = 8.66
        ("cylinder", "sparse_hexagonal", (8, 10, 6)),
        ("sphere", "densest", (1, 1, 1)),
        ("sphere", "dense_simple_cubic", (5, 5, 5)),
        ("sphere", "complete_simple_cubic", (5, 5, 5)),  # 2 / √3 · 5 = 5.77
        ("sphere", "sparse_simple_cubic", (10, 10, 10)),
        ("sphere", "dense_face_centered_cubic", (5, 5, 5)),
        ("sphere", "complete_face_centered_cubic", (7, 8, 6)),  # 2 / 3 · √6 · 5 = 8.16, 4 / 3 · 5 = 6.67
        ("sphere", "sparse_face_centered_cubic", (10, 8, 8)),
        ("sphere", "dense_hexagonal", (5, 5, 5)),
        ("sphere", "complete_hexagonal", (5, 5, 5)),
        ("sphere", "sparse_hexagonal", (10, 10, 12)),  # √6 · 5 = 12.25
    ],
)
def test_a_packing_says_how_far_apart_patches_stand(shape, packing, strides):
    depth = {} if shape == "sphere" else {"depth_radius": 3}
    assert Patches(shape=shape, packing=packing, radius=5, **depth).strides == strides
    assert Patches(shape=shape, packing=packing, radius=0).strides == (1, 1, 1)  # never less than a step
    assert Patches(shape=shape, packing=packing, radius=5, stride=2, **depth).strides == (2, 2, 2)


def test_every_packing_belongs_to_a_shape_and_can_be_chosen():
    choices = next(field.base for field in Patches.declared if field.name == "packing")
    assert {packing for packings in PACKINGS.values() for packing in packings} == set(choices)


@pytest.mark.parametrize(
    "shape, radius, packing, share",
    [
        ("cuboid", 2, "densest", 1.0),
        ("cuboid", 2, "complete_square", 0.9025),  # 19 of 20 rows and columns
        ("cuboid", 2, "sparse_square", 0.7225),  # 17 of 20
        ("cylinder", 3, "complete_square", 0.93),
        ("cylinder", 3, "complete_hexagonal", 0.88),
        ("cylinder", 3, "sparse_square", 0.78),
    ],
)
def test_even_a_complete_packing_leaves_cells_out(shape, radius, packing, share):
    part = Patches(rows=20, columns=20, shape=shape, radius=radius, packing=packing)
    places = part.frozen()["places"]
    assert len(places[places < 400].unique()) / 400 == pytest.approx(share, abs=0.005)


# ---- pooling ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("grid", TORCH_GRIDS, ids=str)
def test_pools_of_an_image_are_the_pools_of_torch_even_where_all_is_negative(grid, sign):
    x, image = images(grid)
    x, image = sign * x.abs(), sign * image.abs()
    torch.testing.assert_close(PatchPooling(**grid, metric="max")(x), F.max_pool2d(image, **window(grid)).flatten(1))
    torch.testing.assert_close(PatchPooling(**grid, metric="min")(x), -F.max_pool2d(-image, **window(grid)).flatten(1))
    torch.testing.assert_close(PatchPooling(**grid, metric="mean")(x), F.avg_pool2d(image, **window(grid)).flatten(1))
    torch.testing.assert_close(PatchPooling(**grid, metric="sum")(x), F.avg_pool2d(image, **window(grid), divisor_override=1).flatten(1))


def test_pools_of_a_volume_are_the_pools_of_torch():
    x = -numbers(2, 2 * 5 * 4 * 3).abs()
    part = PatchPooling(rows=5, columns=4, depth=3, channels=2, depth_radius=1, stride=2)
    torch.testing.assert_close(part(x), F.max_pool3d(x.view(2, 2, 5, 4, 3), 3, 2, 1).flatten(1))


@pytest.mark.parametrize("metric", ["max", "min", "sum", "prod", "median", "mean"])
@pytest.mark.parametrize("grid", LOOP_GRIDS, ids=str)
def test_a_pool_is_the_metric_of_the_cells_that_exist(grid, metric):
    part = PatchPooling(**grid, metric=metric)
    x = -numbers(2, part.made_for).abs()
    truth = {"max": np.max, "min": np.min, "sum": np.sum, "prod": np.prod, "mean": lambda cells: np.sum(cells) / part.positions}
    truth |= {"median": lambda cells: np.sort(cells)[(len(cells) - 1) // 2]}
    wanted = [
        [truth[metric](row[[cell for cell in patch if cell is not None]]) for channel in walked(part) for patch in channel]
        for row in x.numpy()
    ]
    np.testing.assert_allclose(part(x).numpy(), wanted, rtol=1e-12)
    assert part.width(part.made_for) == len(wanted[0])


@pytest.mark.parametrize("metric", ["max", "min", "sum", "mean", "prod", "median"])
def test_a_missing_number_in_the_data_shows_in_its_patches_and_nowhere_else(metric):
    x = numbers(1, 16)
    x[0, 0] = math.nan
    met = F.max_pool2d(x.isnan().double().view(1, 1, 4, 4), 3, 1, 1).flatten(1) > 0
    assert torch.equal(PatchPooling(metric=metric)(x).isnan(), met)
    assert Patches()(x).isnan().sum() == 4  # a corner lies in four patches


@pytest.mark.parametrize("metric", ["max", "min", "sum", "mean", "prod", "median"])
@pytest.mark.parametrize("grid", LOOP_GRIDS[:3], ids=str)
def test_the_gradient_of_a_pool_is_the_derivative(grid, metric):
    part = PatchPooling(**grid, metric=metric)
    assert torch.autograd.gradcheck(part, numbers(1, part.made_for).requires_grad_())


# ---- the interdependence ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grid", [*TORCH_GRIDS, *LOOP_GRIDS], ids=str)
def test_a_grid_copies_the_cells_that_the_expansion_shows(grid):
    xi, kappa = Grid(**grid), Patches(**grid)
    x = numbers(3, xi.made_for)
    A = xi.matrix(x, EMPTY)
    assert torch.equal(xi.mix(x, x, EMPTY), kappa(x)) and torch.equal(x @ A, kappa(x)) and A.shape == (xi.made_for, xi.width(xi.made_for))
    assert set(A.unique().tolist()) <= {0.0, 1.0} and A.sum(0).max() == 1


@pytest.mark.parametrize("grid", [*TORCH_GRIDS, *LOOP_GRIDS], ids=str)
def test_a_grid_that_aggregates_adds_up_each_patch(grid):
    xi, pool = Grid(**grid, mode="aggregate"), PatchPooling(**grid, metric="sum")
    x = numbers(3, xi.made_for)
    torch.testing.assert_close(xi.mix(x, x, EMPTY), pool(x))
    torch.testing.assert_close(x @ xi.matrix(x, EMPTY), pool(x))
    assert xi.width(xi.made_for) == xi.channels * xi.patches


@pytest.mark.parametrize("how", ["row", "column", "symmetric", "softmax"])
@pytest.mark.parametrize("mode", ["patches", "aggregate"])
@pytest.mark.parametrize("grid", [*TORCH_GRIDS, *LOOP_GRIDS], ids=str)
def test_the_links_of_a_grid_are_normalized_as_its_matrix_would_be(grid, mode, how):
    xi, x = Grid(**grid, mode=mode, normalization=how), numbers(3, Grid(**grid).made_for)
    plain = Grid(**grid, mode=mode).matrix(x, EMPTY)
    # Softmax of equal numbers over the links alone; a place off the grid has no link.
    wanted = normalized(plain, how) if how != "softmax" else plain.masked_fill(plain == 0, -math.inf).softmax(0).nan_to_num()
    torch.testing.assert_close(xi.matrix(x, EMPTY), wanted)
    torch.testing.assert_close(xi.mix(x, x, EMPTY), x @ wanted)


@pytest.mark.parametrize("grid", TORCH_GRIDS, ids=str)
def test_a_grid_with_one_kernel_for_all_patches_is_a_convolution(grid):
    x, image = images(grid)
    side = window(grid)["kernel_size"]
    kernel = numbers(5, image.shape[1], side, side, seed=1)
    wanted = F.conv2d(image, kernel, padding=window(grid)["padding"], stride=window(grid)["stride"])
    for patches in (Patches(**grid)(x), Grid(**grid).mix(x, x, EMPTY)):
        patches = patches.unflatten(-1, (-1, Patches(**grid).patches))  # (b, channels · positions, patches)
        torch.testing.assert_close(kernel.flatten(1) @ patches, wanted.flatten(2))


@pytest.mark.parametrize("mode", ["patches", "aggregate"])
def test_rows_of_the_batch_can_be_the_cells_of_a_grid(mode):
    xi = Grid(rows=3, columns=2, mode=mode)
    x = numbers(6, 4)
    head = rpn.Head(4, 2, rpn.Formula(instance=xi, batch=6)).double()
    torch.testing.assert_close(head(x), xi.matrix(x.mT, EMPTY).mT @ x @ head.matrix().mT)
    with pytest.raises(ValueError, match=r"interdependence.Grid was made for 6 numbers \(3 rows .* got 5"):
        rpn.Head(4, 2, rpn.Formula(instance=xi, batch=5))


def test_patches_take_any_leading_axes_and_the_data_stay_as_they_are():
    x = numbers(2, 3, 16)
    kept = x.clone()
    xi = Grid(mode="aggregate", normalization="row")
    for part in (Patches(), PatchPooling(metric="median"), lambda x: xi.mix(x, x, EMPTY)):
        assert torch.equal(part(x)[1, 2], part(x[1, 2])) and torch.equal(part(x.mT.contiguous().mT), part(x)) and torch.equal(x, kept)


# ---- refusals -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [Patches, PatchPooling, Grid])
def test_a_size_that_is_no_grid_is_refused_when_the_head_is_built(part):
    made: Any = part()
    formula = rpn.Formula(attribute=made) if part is Grid else rpn.Formula(expansion=made)
    name = part.qualified_name()
    with pytest.raises(ValueError, match=f"^{name} was made for 16 numbers .4 rows × 4 columns × 1 in depth × 1 in channels., got 15$"):
        rpn.Head(15, 2, formula)
    x = numbers(2, 15)
    with pytest.raises(ValueError, match="was made for 16 numbers .* got 15"):
        made.mix(x, x, EMPTY) if part is Grid else made(x)


def test_a_packing_of_another_shape_is_refused_with_those_that_fit():
    with pytest.raises(ValueError, match="Grid.packing of a cylinder must be one of 'densest', .*, got 'dense_square'; did you"):
        Grid(shape="cylinder", packing="dense_square")
    with pytest.raises(ValueError, match="Patches.packing must be one of 'densest', .*got 'closest'"):
        Patches(packing="closest")  # type: ignore[arg-type]


def test_a_sphere_takes_no_depth_of_its_own():
    with pytest.raises(ValueError, match="Patches.depth_radius of a sphere must be 0, .* got 2"):
        Patches(shape="sphere", depth_radius=2)


# ---- in a head ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [Patches(), PatchPooling(), PatchPooling(metric="median"), Grid(mode="aggregate", normalization="row")])
def test_places_are_kept_by_the_head_and_go_where_it_goes(part):
    formula = rpn.Formula(attribute=part) if isinstance(part, Grid) else rpn.Formula(expansion=part)
    head = rpn.Head(16, 2, formula)
    assert [tuple(buffer.shape) for name, buffer in head.named_buffers() if name.endswith("_places")] == [(1, 9, 16)]
    assert head.to("meta").trace(torch.empty(3, 16, device="meta")).g.shape == (3, 2)
    x = torch.empty(3, 16, device="meta")
    assert (part.mix(x, x, EMPTY) if isinstance(part, Grid) else part(x)).device.type == "meta"

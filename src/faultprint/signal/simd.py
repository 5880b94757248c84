"""Eight floats side by side: the vector type the kernels are written in.

Numba turns a sum over a loop into vector code only when it may reorder the sum, and then the last
bit depends on how. Here the order is written down: eight running sums, element ``i`` in sum
``i % 8``, joined pairwise at the end. LLVM makes of it whatever the machine has (one AVX-512
register, two AVX or four SSE registers); the result is the same.

The kernels are cached on disk under the content of all modules they are made of: Numba by itself
notices a change of the file a kernel stands in only.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from typing import Any, TypeVar, cast

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

F = TypeVar("F", bound=Callable[..., Any])

WIDTH = 8
"""Floats in one vector."""

_LANES = ir.VectorType(ir.DoubleType(), WIDTH)
_TRUTHS = ir.VectorType(ir.IntType(1), WIDTH)
_BITS = ir.VectorType(ir.IntType(64), WIDTH)


_SOURCES = ("simd", "stockham", "kernels", "motion", "ranks", "fourier")
"""Modules that compiled code comes from."""


@lru_cache
def _content() -> str:
    """Tell apart what the kernels were compiled from."""
    texts = []
    for name in _SOURCES:
        spec = find_spec(f"{__package__}.{name}")
        texts.append(cast(Any, spec).loader.get_source(f"{__package__}.{name}"))
    return sha256("\n".join(texts).encode()).hexdigest()


def compiled(function: F) -> F:
    """Compile a function to machine code: cached on disk, and running without the GIL.

    Parameters
    ----------
    function : F
        A function of numbers and arrays.

    Returns
    -------
    F
        The same, compiled at its first call.
    """
    made = njit(cache=True, nogil=True, error_model="numpy", no_cfunc_wrapper=True)(function)
    # what numba compares with what it wrote beside the code; it would be the time of one file
    made._cache._cache_file._source_stamp = _content()
    return cast(F, made)


def built_in(function: F) -> F:
    """Compile a function that only compiled functions call, as a part of them.

    Parameters
    ----------
    function : F
        A function of numbers, vectors and arrays.

    Returns
    -------
    F
        The same; it is cached with its callers, and there is nothing in it that Python could call.
    """
    bare = {"no_cfunc_wrapper": True, "no_cpython_wrapper": True}
    return cast(F, njit(nogil=True, error_model="numpy", **bare)(function))


class _Vector(types.Type):  # type: ignore[misc]
    """Eight float64."""

    def __init__(self) -> None:
        super().__init__(name="Vector")


class _Truths(types.Type):  # type: ignore[misc]
    """Eight truth values."""

    def __init__(self) -> None:
        super().__init__(name="Truths")


VECTOR, TRUTHS = _Vector(), _Truths()


@register_model(_Vector)
class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _LANES)


@register_model(_Truths)
class _TruthsModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _TRUTHS)


@dataclass(frozen=True)
class _Call:
    """One call that is to be turned into LLVM's language."""

    context: Any
    builder: Any
    signature: Any
    given: tuple[Any, ...]


Emit = Callable[[_Call], Any]


def _operation(kinds: tuple[Any, ...], result: Any, emit: Emit) -> Callable[..., Any]:
    """Make a function that compiled code can call."""

    def define(*given: Any) -> Any:
        taken = [kind or own for kind, own in zip(kinds, given, strict=True)]
        return result(*taken), lambda *call: emit(_Call(*call))

    # Numba reads the number of arguments from the signature
    forms: dict[int, Callable[..., Any]] = {
        1: lambda _, a: define(a),
        2: lambda _, a, b: define(a, b),
        3: lambda _, a, b, c: define(a, b, c),
    }
    return cast(Callable[..., Any], intrinsic(forms[len(kinds)]))


def _define(call: Any, kinds: tuple[Any, ...], result: Any, emit: Callable[..., Any]) -> None:
    """Teach Numba an operator on vectors."""

    @type_callable(call)  # type: ignore[untyped-decorator]
    def _typed(_context: Any) -> Any:
        return lambda a, b: result if (a, b) == kinds else None

    @lower_builtin(call, *kinds)  # type: ignore[untyped-decorator]
    def _lowered(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return emit(builder, *given)


_PAIR = (VECTOR, VECTOR)
for _call, _name in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _define(_call, _PAIR, VECTOR, lambda b, x, y, _n=_name: getattr(b, _n)(x, y))
for _call, _sign in ((operator.lt, "<"), (operator.gt, ">"), (operator.ge, ">=")):
    _define(_call, _PAIR, TRUTHS, lambda b, x, y, _s=_sign: b.fcmp_ordered(_s, x, y))
_define(operator.and_, (TRUTHS, TRUTHS), TRUTHS, lambda b, x, y: b.and_(x, y))
_define(operator.xor, (TRUTHS, TRUTHS), TRUTHS, lambda b, x, y: b.xor(x, y))


def _named(name: str) -> Emit:
    """Call an LLVM intrinsic on vectors."""

    def emit(call: _Call) -> Any:
        kind = ir.FunctionType(_LANES, [_LANES] * len(call.given))
        module = call.builder.module
        function = module.globals.get(name) or ir.Function(module, kind, name)
        return call.builder.call(function, call.given)

    return emit


def _place(call: _Call) -> Any:
    array = call.context.make_array(call.signature.args[0])
    data = array(call.context, call.builder, call.given[0]).data
    return call.builder.bitcast(call.builder.gep(data, [call.given[1]]), _LANES.as_pointer())


def _stored(call: _Call) -> Any:
    call.builder.store(call.given[2], _place(call), align=8)
    return call.context.get_dummy_value()


def _spread(call: _Call) -> Any:
    gone, first = ir.Constant(_LANES, ir.Undefined), ir.IntType(32)(0)
    one = call.builder.insert_element(gone, call.given[0], first)
    picks = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return call.builder.shuffle_vector(one, gone, picks)


def _counted(call: _Call) -> Any:
    steps = ir.Constant(_LANES, [float(i) for i in range(WIDTH)])
    return call.builder.fadd(_spread(call), steps)


def _choice(sign: str) -> Callable[..., Any]:
    """Take the one of two that is smaller, or larger."""
    return lambda builder, x, y: builder.select(builder.fcmp_ordered(sign, x, y), x, y)


def _folded(join: Callable[..., Any]) -> Emit:
    """Join the halves, the quarters, the eighths."""

    def emit(call: _Call) -> Any:
        vector, width = call.given[0], WIDTH
        while width > 1:
            width //= 2
            kind = ir.VectorType(ir.IntType(32), width)
            low, high = (
                call.builder.shuffle_vector(
                    vector,
                    ir.Constant(vector.type, ir.Undefined),
                    ir.Constant(kind, list(range(first, first + width))),
                )
                for first in (0, width)
            )
            vector = join(call.builder, low, high)
        return call.builder.extract_element(vector, ir.IntType(32)(0))

    return emit


_MANTISSA, _BIAS, _HALF = (1 << 52) - 1, 1022, 1022 << 52
_LN2, _ROOT_HALF = 0.6931471805599453, 0.7071067811865476
_TERMS = tuple(2.0 / (2 * k + 1) for k in range(11))


def _constant(number: float) -> Any:
    return ir.Constant(_LANES, [number] * WIDTH)


def _bits(number: int) -> Any:
    return ir.Constant(_BITS, [number] * WIDTH)


def _logged(call: _Call) -> Any:
    """Take x = m 2^e with m in [sqrt(1/2), sqrt(2)), and ln m = 2 artanh((m - 1) / (m + 1))."""
    b, one = call.builder, _constant(1.0)
    whole = b.bitcast(call.given[0], _BITS)
    power = b.sitofp(b.sub(b.lshr(whole, _bits(52)), _bits(_BIAS)), _LANES)
    rest = b.bitcast(b.or_(b.and_(whole, _bits(_MANTISSA)), _bits(_HALF)), _LANES)
    low = b.fcmp_ordered("<", rest, _constant(_ROOT_HALF))
    rest = b.select(low, b.fadd(rest, rest), rest)
    power = b.select(low, b.fsub(power, one), power)
    ratio = b.fdiv(b.fsub(rest, one), b.fadd(rest, one))
    square, series = b.fmul(ratio, ratio), _constant(_TERMS[-1])
    for term in reversed(_TERMS[:-1]):
        series = b.fadd(b.fmul(series, square), _constant(term))
    return b.fadd(b.fmul(power, _constant(_LN2)), b.fmul(ratio, series))


_AS_GIVEN = None
_AT = types.intp

load = _operation((_AS_GIVEN, _AT), VECTOR, lambda c: c.builder.load(_place(c), align=8))
"""``load(array, at)``: eight neighbours of a contiguous float64 array, from a place on."""

store = _operation((_AS_GIVEN, _AT, VECTOR), types.void, _stored)
"""``store(array, at, vector)``: write eight neighbours of a contiguous float64 array."""

full = _operation((types.float64,), VECTOR, _spread)
"""``full(number)``: one number eight times."""

count_from = _operation((types.float64,), VECTOR, _counted)
"""``count_from(first)``: first, first + 1, ... first + 7."""

pick = _operation((TRUTHS, *_PAIR), VECTOR, lambda c: c.builder.select(*c.given))
"""``pick(truths, this, other)``: from ``this`` where true, else from ``other``."""

magnitude = _operation((VECTOR,), VECTOR, _named("llvm.fabs.v8f64"))
"""``magnitude(vector)``: absolute values."""

root = _operation((VECTOR,), VECTOR, _named("llvm.sqrt.v8f64"))
"""``root(vector)``: square roots."""

smaller = _operation(_PAIR, VECTOR, lambda c: _choice("<")(c.builder, *c.given))
"""``smaller(x, y)``: the smaller of each two."""

larger = _operation(_PAIR, VECTOR, lambda c: _choice(">")(c.builder, *c.given))
"""``larger(x, y)``: the larger of each two."""

total = _operation((VECTOR,), types.float64, _folded(lambda b, x, y: b.fadd(x, y)))
"""``total(vector)``: sum of the eight, pairwise."""

smallest = _operation((VECTOR,), types.float64, _folded(_choice("<")))
"""``smallest(vector)``: smallest of the eight."""

largest = _operation((VECTOR,), types.float64, _folded(_choice(">")))
"""``largest(vector)``: largest of the eight."""

natural_log = _operation((VECTOR,), VECTOR, _logged)
"""``natural_log(vector)``: of positive normal numbers, to 4 units in the last place."""

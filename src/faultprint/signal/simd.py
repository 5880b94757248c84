"""Eight floats side by side: the vector type the kernels are written in.

Numba turns a sum over a loop into vector code only when it may reorder the sum, and then the last
bit depends on how. Here the order is written down: eight running sums, element ``i`` in sum
``i % 8``, joined pairwise at the end. LLVM makes of it whatever the machine has (one AVX-512
register, two AVX or four SSE registers); the result is the same.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

WIDTH = 8
"""Floats in one vector."""

_LANES = ir.VectorType(ir.DoubleType(), WIDTH)
_TRUTHS = ir.VectorType(ir.IntType(1), WIDTH)
_BITS = ir.VectorType(ir.IntType(64), WIDTH)


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
        6: lambda _, a, b, c, d, e, f: define(a, b, c, d, e, f),
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
    place = call.builder.gep(data, [call.given[1]])
    return call.builder.bitcast(place, ir.VectorType(data.type.pointee, WIDTH).as_pointer())


def _loaded(call: _Call) -> Any:
    place = _place(call)
    single = place.type.pointee != _LANES
    found = call.builder.load(place, align=4 if single else 8)
    return call.builder.fpext(found, _LANES) if single else found


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


def _log_terms(degree: int) -> tuple[float, ...]:
    """Fit a polynomial to ln(1 + f) / f over what is left of a number without its power of two."""
    low, high = _ROOT_HALF - 1, 2 * _ROOT_HALF - 1
    at = np.polynomial.chebyshev.chebpts1(degree + 1)
    f = (low + high) / 2 + at * (high - low) / 2
    fit = np.polynomial.Chebyshev.fit(f, np.log1p(f) / f, degree, domain=[low, high])
    return tuple(fit.convert(kind=np.polynomial.Polynomial, domain=[-1, 1]).coef.tolist())


_TERMS = _log_terms(18)


def _constant(number: float) -> Any:
    return ir.Constant(_LANES, [number] * WIDTH)


def _bits(number: int) -> Any:
    return ir.Constant(_BITS, [number] * WIDTH)


def _logged(call: _Call) -> Any:
    """Take x = m 2^e with m in [sqrt(1/2), sqrt(2)), and a polynomial of m - 1; no division."""
    b, one = call.builder, _constant(1.0)
    whole = b.bitcast(call.given[0], _BITS)
    power = b.sitofp(b.sub(b.lshr(whole, _bits(52)), _bits(_BIAS)), _LANES)
    rest = b.bitcast(b.or_(b.and_(whole, _bits(_MANTISSA)), _bits(_HALF)), _LANES)
    low = b.fcmp_ordered("<", rest, _constant(_ROOT_HALF))
    rest = b.fsub(b.select(low, b.fadd(rest, rest), rest), one)
    power = b.select(low, b.fsub(power, one), power)
    joined, series = _named("llvm.fma.v8f64"), _constant(_TERMS[-1])
    for term in reversed(_TERMS[:-1]):
        series = joined(replace(call, given=(series, rest, _constant(term))))
    return joined(replace(call, given=(rest, series, b.fmul(power, _constant(_LN2)))))


def _laid(call: _Call) -> Any:
    """Turn eight rows of eight into columns: at each of three steps, blocks change places."""
    source, at, stride, target, to, step = call.given
    b, kinds = call.builder, call.signature.args

    def address(array: Any, kind: Any, place: Any) -> Any:
        data = call.context.make_array(kind)(call.context, b, array).data
        return b.bitcast(b.gep(data, [place]), _LANES.as_pointer())

    def moved(place: Any, by: Any, times: int) -> Any:
        return b.add(place, b.mul(by, ir.Constant(by.type, times)))

    rows = [b.load(address(source, kinds[0], moved(at, stride, i)), align=8) for i in range(WIDTH)]
    for half in (4, 2, 1):
        low = [i if not i & half else (i - half) + WIDTH for i in range(WIDTH)]
        high = [i + half if not i & half else i + WIDTH for i in range(WIDTH)]
        kind = ir.VectorType(ir.IntType(32), WIDTH)
        for i in range(WIDTH):
            if not i & half:
                x, y = rows[i], rows[i + half]
                rows[i] = b.shuffle_vector(x, y, ir.Constant(kind, low))
                rows[i + half] = b.shuffle_vector(x, y, ir.Constant(kind, high))
    for i, row in enumerate(rows):
        b.store(row, address(target, kinds[3], moved(to, step, i)), align=8)
    return call.context.get_dummy_value()


_AS_GIVEN = None
_AT = types.intp

load = _operation((_AS_GIVEN, _AT), VECTOR, _loaded)
"""``load(array, at)``: eight neighbours of a contiguous array of floats, from a place on."""

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

fused = _operation((VECTOR, VECTOR, VECTOR), VECTOR, _named("llvm.fma.v8f64"))
"""``fused(x, y, z)``: x y + z, rounded once."""

lay = _operation((_AS_GIVEN, _AT, _AT, _AS_GIVEN, _AT, _AT), types.void, _laid)
"""``lay(source, at, stride, target, to, step)``: put eight neighbours of each of eight rows,
``stride`` apart, side by side: value i of row w goes to ``to + i step + w``."""

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
"""``natural_log(vector)``: of positive normal numbers, to 1e-15 of it or, about 1, of 1 - x."""

"""SIMD vectors as numba types: lanes of float64, float32, int64 and booleans, and their arithmetic.

A vector is an LLVM vector, so one operation here is one machine instruction where the CPU has it, and
several where it has not, with the same bits: every fused multiply-add is explicit and nothing is marked
fast. Operators work on vectors of one type and between a vector and a scalar.

Inside a kernel: ``x = load(f64x8(0.0), address)``, ``y = fma(x, x, x)``, ``store(y, address)``. Addresses
are int64 numbers, in bytes, aligned to the size of the vector.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.core.typing.templates import signature as numba_signature
from numba.extending import intrinsic as numba_intrinsic
from numba.extending import lower_builtin, models, register_model

#: numba's decorator, with a type that mypy reads as "callable with anything".
intrinsic: Callable[[Callable[..., Any]], Any] = numba_intrinsic

_SCALARS: dict[str, tuple[ir.Type, types.Type]] = {
    "f64": (ir.DoubleType(), types.float64),
    "f32": (ir.FloatType(), types.float32),
    "i64": (ir.IntType(64), types.int64),
    "mask": (ir.IntType(1), types.boolean),
}


@final
class Lanes(types.Type):
    """The numba type of a vector of `width` scalars of one kind: f64, f32, i64 or mask."""

    def __init__(self, kind: str, width: int) -> None:
        self.kind, self.width = kind, width
        super().__init__(name=f"{kind}x{width}")

    @property
    def scalar(self) -> types.Type:
        """The numba type of one lane."""
        return _SCALARS[self.kind][1]

    @property
    def llvm(self) -> ir.Type:
        """The LLVM vector type."""
        return ir.VectorType(_SCALARS[self.kind][0], self.width)

    @property
    def is_float(self) -> bool:
        """Whether lanes hold floating-point numbers."""
        return self.kind in ("f64", "f32")

    @property
    def nbytes(self) -> int:
        """Size in memory."""
        return self.width * (4 if self.kind == "f32" else 8)

    def like(self, kind: str) -> Lanes:
        """A vector of another kind with as many lanes."""
        return Lanes(kind, self.width)


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Lanes) -> None:
        super().__init__(dmm, fe_type, fe_type.llvm)


def constant(vector: Lanes, value: float) -> ir.Constant:
    """The LLVM constant with the same value in every lane."""
    return ir.Constant(vector.llvm, [value] * vector.width)


def emit_call(builder: ir.IRBuilder, name: str, *args: ir.Value) -> ir.Value:
    """Emit a call of the LLVM intrinsic `name` for vectors (fma, sqrt, fabs)."""
    vector = args[0].type
    suffix = {"double": "f64", "float": "f32"}[str(vector.element)]
    signature = ir.FunctionType(vector, [vector] * len(args))
    symbol = f"llvm.{name}.v{vector.count}{suffix}"
    return builder.call(cgutils.get_or_insert_function(builder.module, signature, symbol), args)


def emit_fma(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
    """Emit a * b + c with one rounding."""
    return emit_call(builder, "fma", a, b, c)


def emit_broadcast(builder: ir.IRBuilder, vector: Lanes, scalar: ir.Value) -> ir.Value:
    """Emit a vector with `scalar` in every lane."""
    undefined = ir.Constant(vector.llvm, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), vector.width), [0] * vector.width)
    return builder.shuffle_vector(first, undefined, zeros)


def emit_pointer(builder: ir.IRBuilder, vector: Lanes, address: ir.Value) -> ir.Value:
    """Emit the pointer to vectors at an address in bytes."""
    return builder.inttoptr(address, vector.llvm.as_pointer())


def emit_load(builder: ir.IRBuilder, vector: Lanes, pointer: ir.Value, index: int) -> ir.Value:
    """Emit the load of the vector number `index` after `pointer`."""
    value = builder.load(builder.gep(pointer, [ir.Constant(ir.IntType(64), index)]))
    value.align = vector.nbytes
    return value


def emit_store(builder: ir.IRBuilder, vector: Lanes, value: ir.Value, pointer: ir.Value, index: int) -> None:
    """Emit the store of a vector at number `index` after `pointer`."""
    instruction = builder.store(value, builder.gep(pointer, [ir.Constant(ir.IntType(64), index)]))
    instruction.align = vector.nbytes


# --- making, loading, storing -------------------------------------------------------------------------------


@intrinsic
def load(typingctx: Any, like: Any, address: Any) -> Any:
    """The vector at an address, of the type of `like`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return emit_load(builder, like, emit_pointer(builder, like, args[1]), 0)

    return like(like, types.int64), generate


@intrinsic
def store(typingctx: Any, value: Any, address: Any) -> Any:
    """Write a vector to an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        emit_store(builder, value, args[0], emit_pointer(builder, value, args[1]), 0)
        return context.get_dummy_value()

    return types.void(value, types.int64), generate


def _maker(kind: str, width: int) -> Any:
    vector = Lanes(kind, width)

    @intrinsic
    def broadcast(typingctx: Any, scalar: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return emit_broadcast(builder, vector, args[0])

        return vector(vector.scalar), generate

    return broadcast


#: ``f64x8(1.0)``, ``i64x8(3)``: the same number in every lane.
f64x8 = _maker("f64", 8)
i64x8 = _maker("i64", 8)


@intrinsic
def lane(typingctx: Any, vector: Any, index: Any) -> Any:
    """One lane of a vector as a scalar."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.extract_element(args[0], args[1])

    return vector.scalar(vector, types.int64), generate


# --- arithmetic ---------------------------------------------------------------------------------------------

Emit = Callable[..., ir.Value]
Result = Callable[[Lanes], Lanes]


def _elementwise(emit: Emit, arity: int, result: Result = lambda vector: vector) -> Any:
    """An intrinsic that applies `emit(builder, vector, *values)` to `arity` vectors of one type."""

    def typed(*vectors: Any) -> Any:
        vector = vectors[0]
        if not all(isinstance(v, Lanes) and v == vector for v in vectors):
            return None

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return emit(builder, vector, *args)

        return result(vector)(*vectors), generate

    # numba reads the number of arguments from the signature, so each arity is spelled out.
    if arity == 1:
        return intrinsic(lambda typingctx, a: typed(a))
    if arity == 2:
        return intrinsic(lambda typingctx, a, b: typed(a, b))
    return intrinsic(lambda typingctx, a, b, c: typed(a, b, c))


def _mul32(builder: ir.IRBuilder, vector: Lanes, x: ir.Value, y: ir.Value) -> ir.Value:
    """The 64-bit products of the low 32 bits of every lane: one instruction on x86."""
    low = constant(vector, 0xFFFFFFFF)
    return builder.mul(builder.and_(x, low), builder.and_(y, low))


fma = _elementwise(lambda b, v, x, y, z: emit_fma(b, x, y, z), 3)
sqrt = _elementwise(lambda b, v, x: emit_call(b, "sqrt", x), 1)
as_bits = _elementwise(lambda b, v, x: b.bitcast(x, v.like("i64").llvm), 1, lambda v: v.like("i64"))
from_bits = _elementwise(lambda b, v, x: b.bitcast(x, v.like("f64").llvm), 1, lambda v: v.like("f64"))
multiply_low = _elementwise(_mul32, 2)
shift_right = _elementwise(lambda b, v, x, y: b.lshr(x, y), 2)
shift_left = _elementwise(lambda b, v, x, y: b.shl(x, y), 2)


@intrinsic
def select(typingctx: Any, mask: Any, a: Any, b: Any) -> Any:
    """Lane by lane a where the mask holds, else b."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(*args)

    return a(mask, a, b), generate


def _reduction(emit: Callable[[ir.IRBuilder, ir.Value], ir.Value]) -> Any:
    @intrinsic
    def reduce(typingctx: Any, mask: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return emit(builder, builder.bitcast(args[0], ir.IntType(mask.width)))

        return types.boolean(mask), generate

    return reduce


all_lanes = _reduction(lambda b, bits: b.icmp_unsigned("==", bits, ir.Constant(bits.type, -1)))
any_lane = _reduction(lambda b, bits: b.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0)))


def _arithmetic(float_name: str, int_name: str) -> Emit:
    def emit(builder: ir.IRBuilder, vector: Lanes, a: ir.Value, b: ir.Value) -> ir.Value:
        return getattr(builder, float_name if vector.is_float else int_name)(a, b)

    return emit


def _comparison(symbol: str) -> Emit:
    def emit(builder: ir.IRBuilder, vector: Lanes, a: ir.Value, b: ir.Value) -> ir.Value:
        if vector.is_float:
            return builder.fcmp_ordered(symbol, a, b)
        return builder.icmp_signed(symbol, a, b)

    return emit


def _register(symbol: Any, emit: Emit, kinds: tuple[str, ...], result: Result = lambda v: v) -> None:
    """Give an operator to vectors: vector-vector, vector-scalar, scalar-vector, or one vector."""

    class Template(AbstractTemplate):
        key = symbol

        def generic(self, args: Any, kws: Any) -> Any:
            vectors = [a for a in args if isinstance(a, Lanes)]
            if not vectors or vectors[0].kind not in kinds or any(v != vectors[0] for v in vectors):
                return None
            vector = vectors[0]
            return numba_signature(
                result(vector), *(a if isinstance(a, Lanes) else vector.scalar for a in args)
            )

    infer_global(symbol)(Template)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = next(a for a in signature.args if isinstance(a, Lanes))
        values = [
            value if isinstance(kind, Lanes) else emit_broadcast(builder, vector, value)
            for kind, value in zip(signature.args, args, strict=True)
        ]
        return emit(builder, vector, *values)

    for kinds_of_arguments in ((Lanes, Lanes), (Lanes, types.Number), (types.Number, Lanes), (Lanes,)):
        lower_builtin(symbol, *kinds_of_arguments)(generate)


_NUMBERS, _BITS = ("f64", "f32", "i64"), ("i64", "mask")
_register(operator.add, _arithmetic("fadd", "add"), _NUMBERS)
_register(operator.sub, _arithmetic("fsub", "sub"), _NUMBERS)
_register(operator.mul, _arithmetic("fmul", "mul"), _NUMBERS)
_register(operator.truediv, _arithmetic("fdiv", ""), ("f64", "f32"))
_register(operator.and_, _arithmetic("", "and_"), _BITS)
_register(operator.or_, _arithmetic("", "or_"), _BITS)
_register(operator.xor, _arithmetic("", "xor"), _BITS)
for _symbol, _text in (
    (operator.lt, "<"),
    (operator.le, "<="),
    (operator.gt, ">"),
    (operator.ge, ">="),
    (operator.eq, "=="),
    (operator.ne, "!="),
):
    _register(_symbol, _comparison(_text), _NUMBERS, lambda v: v.like("mask"))
_register(operator.neg, lambda b, v, x: b.fneg(x) if v.is_float else b.neg(x), _NUMBERS)
_register(operator.invert, lambda b, v, x: b.not_(x), _BITS)

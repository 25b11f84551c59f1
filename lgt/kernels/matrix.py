"""N x N complex matrices of lanes in memory, worked on row by row.

A matrix is N rows of N complex entries, each a vector of real and one of imaginary parts, so it takes
``2 N^2`` vectors. One row of the left factor and one of the result live in registers, and the right factor
is read from memory: N = 3 then needs no spills. N is given by the length of the tuple `size`
(`lgt.kernels.layout.size_of`), so that loops over it are unrolled when the code is made.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from lgt.kernels.lanes import Lanes, constant, emit_fma, emit_load, emit_pointer, emit_store, intrinsic
from lgt.kernels.packed import PERMUTATIONS

Complex = tuple[ir.Value, ir.Value]
F64 = Lanes("f64", 8)
_I64 = ir.IntType(64)
#: Bytes of a complex entry: a vector of real and one of imaginary parts.
ENTRY = 2 * F64.nbytes
#: Up to this N the product of a row with a matrix is straight code.
UNROLLED = 8
#: The same for a copy across a seam, which stands in every kernel for each of the permutations.
UNROLLED_COPY = 4


def _row(size: Any) -> types.UniTuple:
    """The numba type of a row: re, im, re, im, ..."""
    return types.UniTuple(F64, 2 * size.count)


def _entries(builder: ir.IRBuilder, row: ir.Value, n: int) -> list[Complex]:
    return [(builder.extract_value(row, 2 * k), builder.extract_value(row, 2 * k + 1)) for k in range(n)]


def _pack(builder: ir.IRBuilder, entries: list[Complex]) -> ir.Value:
    row = ir.Constant(ir.ArrayType(F64.llvm, 2 * len(entries)), ir.Undefined)
    for k, (real, imaginary) in enumerate(entries):
        row = builder.insert_value(row, real, 2 * k)
        row = builder.insert_value(row, imaginary, 2 * k + 1)
    return row


def _at(builder: ir.IRBuilder, address: ir.Value, index: ir.Value | None = None, stride: int = 0) -> ir.Value:
    """Pointer to the vectors at `address` plus `index` times `stride` vectors."""
    if index is not None:
        address = builder.add(address, builder.mul(index, ir.Constant(_I64, stride * F64.nbytes)))
    return emit_pointer(builder, F64, address)


def _load(builder: ir.IRBuilder, pointer: ir.Value, entry: int) -> Complex:
    real = emit_load(builder, F64, pointer, 2 * entry)
    return real, emit_load(builder, F64, pointer, 2 * entry + 1)


def _multiply_add(
    builder: ir.IRBuilder, total: Complex | None, x: Complex, y: Complex, conjugate: bool = False
) -> Complex:
    """Emit total + x y, or total + x y* if `conjugate`."""
    if total is None:
        real, imaginary = builder.fmul(x[0], y[0]), builder.fmul(x[1], y[0])
    else:
        real, imaginary = emit_fma(builder, x[0], y[0], total[0]), emit_fma(builder, x[1], y[0], total[1])
    first, second = (x[1], builder.fneg(x[0])) if conjugate else (builder.fneg(x[1]), x[0])
    return emit_fma(builder, first, y[1], real), emit_fma(builder, second, y[1], imaginary)


@intrinsic
def zero_row(typingctx: Any, size: Any) -> Any:
    """A row of zeros."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero = constant(F64, 0.0)
        return _pack(builder, [(zero, zero)] * size.count)

    return _row(size)(size), generate


@intrinsic
def load_row(typingctx: Any, size: Any, address: Any, i: Any) -> Any:
    """Row i of the matrix at an address."""
    n = size.count

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _at(builder, args[1], args[2], 2 * n)
        return _pack(builder, [_load(builder, pointer, k) for k in range(n)])

    return _row(size)(size, types.int64, types.int64), generate


@intrinsic
def load_dagger_row(typingctx: Any, size: Any, address: Any, i: Any) -> Any:
    """Row i of the Hermitian conjugate of the matrix at an address."""
    n = size.count

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _at(builder, args[1], args[2], 2)
        column = [_load(builder, pointer, k * n) for k in range(n)]
        return _pack(builder, [(real, builder.fneg(imaginary)) for real, imaginary in column])

    return _row(size)(size, types.int64, types.int64), generate


@intrinsic
def store_row(typingctx: Any, size: Any, row: Any, address: Any, i: Any) -> Any:
    """Write row i of the matrix at an address."""
    n = size.count

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _at(builder, args[2], args[3], 2 * n)
        for k in range(2 * n):
            emit_store(builder, F64, builder.extract_value(args[1], k), pointer, k)
        return context.get_dummy_value()

    return types.void(size, row, types.int64, types.int64), generate


def _looped_product(
    builder: ir.IRBuilder, n: int, dagger: bool, total: ir.Value | None, row: ir.Value, address: ir.Value
) -> ir.Value:
    """Emit total + row M (or M^+) as two loops, for n whose straight code takes minutes to compile."""
    kind, count = ir.ArrayType(F64.llvm, 2 * n), ir.Constant(_I64, n)
    start = ir.Constant(kind, [constant(F64, 0.0)] * (2 * n)) if total is None else total
    left, sums = cgutils.alloca_once_value(builder, row), cgutils.alloca_once_value(builder, start)
    left = builder.bitcast(left, F64.llvm.as_pointer())
    flat = builder.bitcast(sums, F64.llvm.as_pointer())
    right = _at(builder, address)

    def entry(pointer: ir.Value, index: ir.Value) -> Complex:
        first = builder.gep(pointer, [builder.mul(index, ir.Constant(_I64, 2))])
        return emit_load(builder, F64, first, 0), emit_load(builder, F64, first, 1)

    with cgutils.for_range(builder, count) as columns:
        j = columns.index
        total_j = entry(flat, j)
        parts = [cgutils.alloca_once_value(builder, part) for part in total_j]
        for part, value in zip(parts, total_j, strict=True):
            builder.store(value, part)
        with cgutils.for_range(builder, count) as rows:
            k = rows.index
            outer, inner_index = (j, k) if dagger else (k, j)
            place = builder.add(builder.mul(outer, count), inner_index)
            so_far = builder.load(parts[0]), builder.load(parts[1])
            added = _multiply_add(builder, so_far, entry(left, k), entry(right, place), conjugate=dagger)
            for part, value in zip(parts, added, strict=True):
                builder.store(value, part)
        target = builder.gep(flat, [builder.mul(j, ir.Constant(_I64, 2))])
        emit_store(builder, F64, builder.load(parts[0]), target, 0)
        emit_store(builder, F64, builder.load(parts[1]), target, 1)
    return builder.load(sums)


def _row_times(dagger: bool) -> Any:
    @intrinsic
    def row_times(typingctx: Any, size: Any, total: Any, row: Any, address: Any) -> Any:
        n = size.count

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            pointer = _at(builder, args[3])
            if n > UNROLLED:
                return _looped_product(
                    builder, n, dagger, args[1] if total != types.none else None, *args[2:]
                )
            left = _entries(builder, args[2], n)
            sums: list[Any] = [None] * n if total == types.none else list(_entries(builder, args[1], n))
            for k in range(n):
                for j in range(n):
                    right = _load(builder, pointer, j * n + k if dagger else k * n + j)
                    sums[j] = _multiply_add(builder, sums[j], left[k], right, conjugate=dagger)
            return _pack(builder, sums)

        return _row(size)(size, total, row, types.int64), generate

    return row_times


#: ``row_times(size, total, row, address)``: total + row M for the matrix M at an address; total may be None.
row_times = _row_times(dagger=False)
#: ``row_times_dagger(size, total, row, address)``: total + row M^+.
row_times_dagger = _row_times(dagger=True)


@intrinsic
def row_dot_column(typingctx: Any, size: Any, row: Any, address: Any, j: Any) -> Any:
    """Entry of row M in column j, as real and imaginary part."""
    n = size.count

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _at(builder, args[2], args[3], 2)
        total: Complex | None = None
        for k, entry in enumerate(_entries(builder, args[1], n)):
            total = _multiply_add(builder, total, entry, _load(builder, pointer, k * n))
        assert total is not None
        return _pack(builder, [total])

    return types.UniTuple(F64, 2)(size, row, types.int64, types.int64), generate


@intrinsic
def inner(typingctx: Any, size: Any, x: Any, y: Any) -> Any:
    """The product of row x with the Hermitian conjugate of row y, as real and imaginary part."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows = (_entries(builder, row, size.count) for row in args[1:])
        total: Complex | None = None
        for left, right in zip(*rows, strict=True):
            total = _multiply_add(builder, total, left, right, conjugate=True)
        assert total is not None
        return _pack(builder, [total])

    return types.UniTuple(F64, 2)(size, x, y), generate


@intrinsic
def combine(typingctx: Any, size: Any, a: Any, x: Any, b: Any, y: Any) -> Any:
    """The row a x + b y, for complex lanes a and b and rows x and y."""
    n = size.count

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (first,), (second,) = _entries(builder, args[1], 1), _entries(builder, args[3], 1)
        left, right = _entries(builder, args[2], n), _entries(builder, args[4], n)
        sums = [
            _multiply_add(builder, _multiply_add(builder, None, left[k], first), right[k], second)
            for k in range(n)
        ]
        return _pack(builder, sums)

    return _row(size)(size, a, x, b, y), generate


@intrinsic
def copy_permuted(typingctx: Any, size: Any, source: Any, target: Any, permutation: Any) -> Any:
    """Copy a matrix from one address to another, its lanes permuted by number `permutation`."""
    n = size.count

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _, source_address, target_address, number = args
        read, write = _at(builder, source_address), _at(builder, target_address)
        undefined = ir.Constant(F64.llvm, ir.Undefined)
        end = builder.append_basic_block("end")
        switch = builder.switch(number, end)
        for k, lanes in enumerate(PERMUTATIONS):
            block = builder.append_basic_block(f"permutation{k}")
            switch.add_case(ir.Constant(_I64, k), block)
            builder.position_at_end(block)
            order = ir.Constant(ir.VectorType(ir.IntType(32), 8), list(lanes))

            def copy(source: ir.Value, target: ir.Value, entry: int, order: ir.Constant = order) -> None:
                value = builder.shuffle_vector(emit_load(builder, F64, source, entry), undefined, order)
                emit_store(builder, F64, value, target, entry)

            if n <= UNROLLED_COPY:
                for entry in range(2 * n * n):
                    copy(read, write, entry)
            else:
                with cgutils.for_range(builder, ir.Constant(_I64, 2 * n * n)) as loop:
                    copy(builder.gep(read, [loop.index]), builder.gep(write, [loop.index]), 0)
            builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return types.void(size, types.int64, types.int64, types.int64), generate


@intrinsic
def add_to_entry(typingctx: Any, size: Any, row: Any, value: Any, j: Any) -> Any:
    """The row with complex lanes added to its entry j."""
    n = size.count

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        ((real, imaginary),) = _entries(builder, args[2], 1)
        zero, sums = constant(F64, 0.0), []
        for k, entry in enumerate(_entries(builder, args[1], n)):
            here = builder.icmp_signed("==", args[3], ir.Constant(_I64, k))
            added = (builder.select(here, real, zero), builder.select(here, imaginary, zero))
            sums.append((builder.fadd(entry[0], added[0]), builder.fadd(entry[1], added[1])))
        return _pack(builder, sums)

    return _row(size)(size, row, value, types.int64), generate


@intrinsic
def row_imaginary(typingctx: Any, size: Any, row: Any, j: Any) -> Any:
    """The imaginary part of entry j of a row."""
    n = size.count

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.extract_value(args[1], 1)
        for k in range(1, n):
            here = builder.icmp_signed("==", args[2], ir.Constant(_I64, k))
            value = builder.select(here, builder.extract_value(args[1], 2 * k + 1), value)
        return value

    return F64(size, row, types.int64), generate


@intrinsic
def prefetch(typingctx: Any, size: Any, address: Any) -> Any:
    """Ask for the cache lines of the matrix at an address, which is needed soon.

    Large matrices are left out: their products take so long that the CPU's own prefetching keeps up, and
    thousands of these instructions would take minutes to compile.
    """
    n = size.count

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        for line in range(2 * n * n * F64.nbytes // 64 if n <= 6 else 0):
            place = builder.add(args[1], ir.Constant(_I64, 64 * line))
            words = [ir.Constant(flag, value) for value in (0, 3, 1)]  # to read, in all caches, data
            builder.call(function, [builder.inttoptr(place, byte), *words])
        return context.get_dummy_value()

    return types.void(size, types.int64), generate

import type { Arrays, DType, F32, Shape, Tensor, Float } from "./core/types.ts";
import { tensor, ones, zeros, scalar } from "./tensor.ts";
import { matmul, matmulDx, matmulDy, matmulD } from "./products/matmul.ts";
import { sum, sumDx } from "./reductions/sum.ts";
import { linear, linearDx, linearDw, linearDb } from "./products/linear.ts";
import { softmax, softmaxDx } from "./rows/softmax.ts";
import { crossEntropy, crossEntropyDlogits } from "./losses/cross_entropy.ts";
import { addBias, addBiasDx, addBiasDy } from "./arithmetic/add_bias.ts";
import type { AnyTensor, Gradcheck } from "./gradcheck/types.ts";
type Any = any;
declare const gradcheck: Gradcheck<{ok: boolean}>;
const x = tensor([[1, 2, 3], [4, 5, 6]]), y = tensor([[1, 0], [0, 1], [1, 1]]);
gradcheck(matmul, [matmulDx, matmulDy], [x, y]);
gradcheck(matmul, [matmulDx, null], [x, y]);
// @ts-expect-error count
gradcheck(matmul, [], [x]);
// @ts-expect-error count
gradcheck(matmul, [matmulDx], [x, y]);
// @ts-expect-error swapped
gradcheck(matmul, [matmulDy, matmulDx], [x, y]);
// @ts-expect-error shapes
gradcheck(matmul, [matmulDx, matmulDy], [x, x]);
gradcheck(sum, [sumDx], [ones([2, 3])]);
gradcheck(sum, [sumDx], [ones([2, 3])], { dout: scalar(1) });
gradcheck(addBias, [addBiasDx, addBiasDy], [ones([4, 3]), ones([3])]);
gradcheck(linear, [linearDx, linearDw, linearDb], [ones([4, 3]), ones([2, 3]), ones([2])]);
gradcheck(softmax, [softmaxDx], [ones([4, 3])]);
const square = ({ shape, data }: Tensor) => ({ shape, data: data.map((v) => v * v) });
const squareDx = ({ shape, data }: Tensor, dout: Tensor) => ({ shape, data: data.map((v, i) => 2 * v * dout.data[i]) });
gradcheck(square, [squareDx], [x]);
gradcheck(square, [squareDx], [tensor([1, 2])]);
gradcheck((x) => x, [(_, dout) => dout], [x]);
gradcheck((x: Tensor<[2, 3]>) => x, [(_x: Tensor<[2, 3]>, dout: Tensor<[2, 3]>) => dout], [x]);
gradcheck((x) => ({ shape: x.shape, data: x.data.map((v) => v * v) }), [({ shape, data }, dout) => ({ shape, data: data.map((v, i) => 2 * v * dout.data[i]) })], [x]);
const rank2 = (x: Tensor<[number, number]>): Tensor<[number]> => ({ shape: [x.shape[0]], data: x.data });
const rank2Dx = (x: Tensor<[number, number]>, dout: Tensor<[number]>): Tensor<[number, number]> => ({ shape: x.shape, data: dout.data });
gradcheck(rank2, [rank2Dx], [x]);
gradcheck(rank2, [rank2Dx], [ones([2, 3])]);
// @ts-expect-error float64 with a function of float32
gradcheck(square, [squareDx], [tensor([1, 2], { dtype: "float64" })]);
const labels = tensor(new Int32Array([0, 1]));
gradcheck(crossEntropy, [crossEntropyDlogits, null], [ones([2, 3]), labels]);
gradcheck((x) => scalar(x.data[0]), [(x, dout) => ({ shape: x.shape, data: x.data.map(() => dout.data[0]) })], [x]);
gradcheck((x) => ({ a: x, b: scalar(1) }), [(x, { a, b }) => a], [x]);
gradcheck((x, y) => [x, y], [(x, y, [a, b]) => x, null], [x, y]);
// dynamic
type TensorFunction = (...inputs: Any[]) => Tensor<Any, Any>;
declare const f: TensorFunction, b: (TensorFunction | null)[], xs: AnyTensor[], ts: Tensor[];
gradcheck(f, b, xs);
gradcheck(f, b, ts);
gradcheck(matmul, [matmulDx, (x, y, dout) => ({ shape: y.shape, data: y.data.map((v) => 2 * v) })], [x, y]);
// @ts-expect-error shape of the result
gradcheck((x) => x, [(x, dout) => zeros([7])], [ones([2, 3])]);
// @ts-expect-error null where no array
gradcheck(matmul, null, [x, y]);

// layers
class Layer { x?: Tensor; forward(x: Tensor) { this.x = x; return x; } backward(dout: Tensor) { return dout; } }
gradcheck(new Layer(), [x]);
gradcheck({ forward: matmul, backward: matmulD }, [x, y]);
gradcheck(matmul, matmulD, [x, y]);
gradcheck({ forward: matmul, backward: (x: Tensor, y: Tensor, dout: Tensor) => [x, y] }, [x, y]);
// @ts-expect-error shapes
gradcheck(matmul, matmulD, [x, x]);
// @ts-expect-error shapes
gradcheck({ forward: matmul, backward: matmulD }, [x, x]);
class Cell { forward(x: Tensor<[2]>, h: Tensor<[3]>) { return { h, c: x }; } backward(d: { h: Tensor<[3]>; c: Tensor<[2]> }) { return { x: d.c, h: d.h }; } }
gradcheck(new Cell(), [ones([2]), ones([3])]);
gradcheck(new Cell(), [ones([2]), ones([3])], { dout: { h: ones([3]), c: ones([2]) } });
// @ts-expect-error no dout of that form
gradcheck(new Cell(), [ones([2]), ones([3])], { dout: ones([3]) });
// @ts-expect-error three inputs
gradcheck(new Cell(), [ones([2])]);
gradcheck(matmul, [(x: Tensor, y: Tensor, dout: Tensor) => x, null], [x, y]);
gradcheck(matmul, (x: Tensor, y: Tensor, dout: Tensor) => [x, y], [x, y]);
gradcheck(matmul, (x, y, dout) => [x, y], [x, y]);
gradcheck((x, y) => matmul(x, y), (x, y, dout) => [x, y], [x, y]);
gradcheck((x, y) => matmul(x, y), (x, y, dout) => ({ x: matmulDx(x, y, dout), y: matmulDy(x, y, dout) }), [x, y]);
gradcheck({ forward: (x: Tensor<[2, 3]>) => x, backward: (x, dout) => ({ x: dout }) }, [x]);
gradcheck({ forward: (x: Tensor<[2, 3]>) => x, backward: (dout) => ({ x: dout }) }, [x]);

// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What a user compiles: shapes are known, and those that cannot fit are refused.
 *
 * @module
 */

import { matmul, startThreads, type Tensor, tensor } from "@adjoint/ops";
import { gradcheck, type GradcheckReport } from "@adjoint/ops/gradcheck";
import { matmulDx } from "@adjoint/ops/matmul";

const x = tensor([[1, 2, 3], [4, 5, 6]]);
const y = tensor([[1, 0], [0, 1], [1, 1]]);
const z: Tensor<[2, 2]> = matmul(x, y);
// @ts-expect-error The columns of x (3) are not the rows of x (2).
matmul(x, x);
// @ts-expect-error It is 2×3.
const wrong: Tensor<[3, 2]> = matmulDx(x, y, z);
const report: GradcheckReport = gradcheck(matmul, [matmulDx, null], [x, y]);
// @ts-expect-error It is a promise of a number.
const count: string = await startThreads(2);

export { count, report, wrong };

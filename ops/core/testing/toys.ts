// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Operations that no library needs, and that together use everything that a
 * signature can say: what is tested of all operations is tested of these, so that
 * it holds for the next one as well.
 *
 * @module
 */

import { op, type Signature } from "../op.ts";
import { axes, axis, flag, integer, number, pair } from "../options.ts";

/** `Z = X Y^weight`, of shapes that broadcast. */
const broadcasted = op("toyBroadcast", {
  inputs: { x: "n…", y: { shape: "m…", domain: "positive" } },
  options: { weight: number(1, { from: 0, below: 3 }) },
  outputs: { z: "n… ∨ m…" },
  forward({ x, y, z, n, weight }) {
    for (let i = 0; i < n; i++) z[i] = x[i] * y[i] ** weight;
  },
  backward({ x, y, dz, dx, dy, n, weight }) {
    for (let i = 0; dx && i < n; i++) dx[i] = dz[i] * y[i] ** weight;
    for (let i = 0; dy && i < n; i++) {
      dy[i] = weight === 0 ? 0 : dz[i] * x[i] * weight * y[i] ** (weight - 1);
    }
  },
});

/** A correlation of rows, whose lengths are expressions. */
const correlation = op("toyCorrelation", {
  inputs: { x: "n… s*(p-1)+r", w: "r", b: { shape: "", optional: true } },
  options: { s: integer(1, { from: 1 }), flip: flag(false) },
  outputs: { z: "n… p" },
  forward({ x, w, b, z, n, r, p, s, flip }) {
    const l = s * (p - 1) + r;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < p; j++) {
        let sum = b ? b[0] : 0;
        for (let k = 0; k < r; k++) {
          sum += x[i * l + s * j + k] * w[flip ? r - 1 - k : k];
        }
        z[i * p + j] = sum;
      }
    }
  },
  backward({ x, w, dz, dx, dw, db, n, r, p, s, flip }) {
    const l = s * (p - 1) + r;
    const sums = new Float64Array(n * l), ofW = new Float64Array(r);
    let ofB = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < p; j++) {
        ofB += dz[i * p + j];
        for (let k = 0; k < r; k++) {
          const at = flip ? r - 1 - k : k;
          sums[i * l + s * j + k] += dz[i * p + j] * w[at];
          ofW[at] += dz[i * p + j] * x[i * l + s * j + k];
        }
      }
    }
    for (let i = 0; dx && i < n * l; i++) dx[i] = sums[i];
    for (let k = 0; dw && k < r; k++) dw[k] = ofW[k];
    if (db) db[0] = ofB;
  },
});

/** The mean of what labels choose, but for those to be ignored. */
const choice = op("toyChoice", {
  does: "choose from x",
  inputs: {
    x: "n… c",
    labels: { shape: "n…", integer: { from: 0, below: "c", except: "ignore" } },
  },
  options: { ignore: integer(-1), scale: number(2, { above: 0, to: 10 }) },
  outputs: { y: "" },
  forward({ x, labels, y, n, c, ignore, scale }) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      if (labels[i] !== ignore) sum += x[i * c + labels[i]];
    }
    y[0] = sum * scale;
  },
  backward({ labels, dy, dx, n, c, ignore, scale }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < c; j++) {
        const isIt = labels[i] !== ignore && labels[i] === j;
        dx[i * c + j] = isIt ? dy[0] * scale : 0;
      }
    }
  },
});

/** Two outputs of five inputs, of which one is a matrix of a fixed size, and one
 * has the name of an output. */
const two = op("toyTwo", {
  inputs: {
    x: { shape: "n m", domain: "distinct" },
    h: "n m",
    w: "m 2",
    b: { shape: "2", domain: "probability", optional: true },
    c: { shape: "m", domain: [-1, 3] },
  },
  outputs: { h: "n m", z: "n 2" },
  forward({ x, h, w, b, c, hNext, z, n, m }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        hNext[i * m + j] = x[i * m + j] * h[i * m + j];
      }
      for (let k = 0; k < 2; k++) {
        let sum = b ? b[k] : 0;
        for (let j = 0; j < m; j++) {
          sum += x[i * m + j] * c[j] * w[j * 2 + k];
        }
        z[i * 2 + k] = sum;
      }
    }
  },
  backward({ x, h, w, c, dhNext, dz, dx, dh, dw, db, dc, n, m }) {
    const of = (size: number) => new Float64Array(size);
    const [X, W, B, C] = [of(n * m), of(2 * m), of(2), of(m)];
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < 2; k++) B[k] += dz[i * 2 + k];
      for (let j = 0; j < m; j++) {
        const at = i * m + j;
        X[at] = dhNext[at] * h[at];
        if (dh) dh[at] = dhNext[at] * x[at];
        for (let k = 0; k < 2; k++) {
          const d = dz[i * 2 + k];
          X[at] += d * c[j] * w[j * 2 + k];
          W[j * 2 + k] += d * x[at] * c[j];
          C[j] += d * x[at] * w[j * 2 + k];
        }
      }
    }
    for (let i = 0; dx && i < n * m; i++) dx[i] = X[i];
    for (let j = 0; dw && j < 2 * m; j++) dw[j] = W[j];
    for (let k = 0; db && k < 2; k++) db[k] = B[k];
    for (let j = 0; dc && j < m; j++) dc[j] = C[j];
  },
});

/** Means of squares along axes, with a kernel. */
const squares = op("toySquares", {
  inputs: { x: "n… m… p…" },
  options: { axes: axes("m"), power: integer(2, { from: 1, to: 3 }) },
  outputs: { y: "n… p…" },
  forward({ x, y, n, m, p, power }) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        let sum = 0;
        for (let j = 0; j < m; j++) sum += x[(i * m + j) * p + k] ** power;
        y[i * p + k] = sum;
      }
    }
  },
  backward({ x, dy, dx, n, m, p, power }) {
    for (let i = 0; i < n * m * p; i++) {
      const row = Math.floor(i / (m * p)) * p + i % p;
      dx[i] = dy[row] * power * x[i] ** (power - 1);
    }
  },
  kernels: {
    forward({ x, y, n, m, p, power }) {
      for (let at = 0; at < n * p; at++) {
        let sum = 0;
        const start = Math.floor(at / p) * m * p + at % p;
        for (let j = m - 1; j >= 0; j--) sum += x[start + j * p] ** power;
        y[at] = sum;
      }
    },
  },
});

/** Running sums along an axis, and a square matrix beside it. */
const running = op("toyRunning", {
  inputs: { x: "n… m p…", w: "m m" },
  options: { axis: axis("m", 0) },
  outputs: { y: "n… m p…" },
  forward({ x, w, y, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        for (let j = 0; j < m; j++) {
          let sum = 0;
          for (let l = 0; l <= j; l++) {
            sum += w[j * m + l] * x[(i * m + l) * p + k];
          }
          y[(i * m + j) * p + k] = sum;
        }
      }
    }
  },
  backward({ x, w, dy, dx, dw, n, m, p }) {
    const ofW = new Float64Array(m * m);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        for (let l = 0; l < m; l++) {
          let sum = 0;
          for (let j = l; j < m; j++) {
            const d = dy[(i * m + j) * p + k];
            sum += d * w[j * m + l];
            ofW[j * m + l] += d * x[(i * m + l) * p + k];
          }
          if (dx) dx[(i * m + l) * p + k] = sum;
        }
      }
    }
    for (let j = 0; dw && j < m * m; j++) dw[j] = ofW[j];
  },
});

/** No gradient: how many numbers along an axis are positive. */
const positive = op("toyPositive", {
  inputs: { x: "n… m p…" },
  options: { axis: axis("m", -1, { reduced: true, nonEmpty: true }) },
  outputs: { y: "n… p…" },
  indices: true,
  forward({ x, y, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        let count = 0;
        for (let j = 0; j < m; j++) count += +(x[(i * m + j) * p + k] > 0);
        y[i * p + k] = count;
      }
    }
  },
});

/** Floats of integers alone; an axis that is an option. */
const oneHot = op("toyOneHot", {
  inputs: {
    labels: { shape: "n…", integer: { from: 0, below: "classes" } },
  },
  options: { classes: integer(3, { from: 1 }) },
  outputs: { y: "n… classes" },
  forward({ labels, y, n, classes }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < classes; j++) y[i * classes + j] = +(labels[i] === j);
    }
  },
});

/** A square matrix, whose diagonal is the output. */
const diagonal = op("toyDiagonal", {
  inputs: { x: "n… m m" },
  outputs: { y: "n… m" },
  forward({ x, y, n, m }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) y[i * m + j] = x[(i * m + j) * m + j];
    }
  },
  backward({ dy, dx, n, m }) {
    for (let i = 0; i < n * m * m; i++) {
      const row = Math.floor(i / m), j = i % m;
      dx[i] = row % m === j ? dy[row] : 0;
    }
  },
});

/** Sums over windows, whose counts are rounded down; pairs of options, one that must
 * be given, one that is another where it is not, one that another bounds. */
const windows = op("toyWindows", {
  inputs: { x: "n h w" },
  options: {
    size: pair(["r", "q"], undefined, { from: 1 }),
    stride: pair(["s", "t"], "size", { from: 1 }),
    padding: pair(["u", "v"], 0, { from: 0, to: "size/2" }),
    low: number(-Infinity, { to: "high" }),
    high: number(Infinity),
  },
  outputs: { y: "n (h+2*u-r)/s+1 (w+2*v-q)/t+1" },
  forward({ x, y, n, h, w, r, q, s, t, u, v, low, high }) {
    let at = 0;
    for (let k = 0; k < n; k++) {
      for (let i = -u; i + r <= h + u; i += s) {
        for (let j = -v; j + q <= w + v; j += t) {
          let sum = 0;
          for (let a = Math.max(i, 0); a < Math.min(i + r, h); a++) {
            for (let b = Math.max(j, 0); b < Math.min(j + q, w); b++) {
              const value = x[(k * h + a) * w + b];
              sum += Math.max(low, Math.min(high, value));
            }
          }
          y[at++] = sum;
        }
      }
    }
  },
  backward({ x, dy, dx, n, h, w, r, q, s, t, u, v, low, high }) {
    for (let i = 0; i < n * h * w; i++) dx[i] = 0;
    let at = 0;
    for (let k = 0; k < n; k++) {
      for (let i = -u; i + r <= h + u; i += s) {
        for (let j = -v; j + q <= w + v; j += t) {
          for (let a = Math.max(i, 0); a < Math.min(i + r, h); a++) {
            for (let b = Math.max(j, 0); b < Math.min(j + q, w); b++) {
              const value = x[(k * h + a) * w + b];
              if (low <= value && value <= high) {
                dx[(k * h + a) * w + b] += dy[at];
              }
            }
          }
          at++;
        }
      }
    }
  },
});

/** All of them. */
/** `Zᵇᵢ = Σⱼ Xᵇᵢⱼ wⱼ + yᵇᵢ`, whose leading axes broadcast, but w has none. */
const leading = op("toyLeading", {
  inputs: {
    x: "b… m n",
    w: "n",
    y: { shape: "b… m", optional: true },
  },
  outputs: { z: "b… m" },
  broadcast: "b",
  forward({ x, w, y, z, b, m, n }) {
    for (let i = 0; i < b * m; i++) {
      let sum = y ? y[i] : 0;
      for (let j = 0; j < n; j++) sum += x[i * n + j] * w[j];
      z[i] = sum;
    }
  },
  backward({ x, w, dz, dx, dw, dy, b, m, n }) {
    const ofW = new Float64Array(n);
    for (let i = 0; i < b * m; i++) {
      if (dy) dy[i] = dz[i];
      for (let j = 0; j < n; j++) {
        if (dx) dx[i * n + j] = dz[i] * w[j];
        ofW[j] += dz[i] * x[i * n + j];
      }
    }
    for (let j = 0; dw && j < n; j++) dw[j] = ofW[j];
  },
});

export const TOYS: readonly Signature[] = [
  ...[
    broadcasted,
    correlation,
    choice,
    two,
    squares,
    running,
    positive,
    oneHot,
    diagonal,
    windows,
    leading,
  ],
];

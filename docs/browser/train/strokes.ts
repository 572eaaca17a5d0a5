// Copyright 2026 the Adjoint authors. MIT license.

// What is drawn with the pointer, as an image such as the digits of MNIST are: 28×28,
// the digit as large as a box of 20×20 allows, its center of mass in the middle.

/** Across, then down, in pixels. */
export type Point = readonly [x: number, y: number];

/** The pixels of a side. */
export const SIDE = 28;

/** What the digit itself may take of that. */
const BOX = 20;

/** Half of the pen's width. */
const PEN = 1.3;

/** So much larger is at most made what is drawn: a dot is none of the digits. */
const LARGEST = 8;

/** The image of strokes: pixels are as bright as the pen covers them. */
export function raster(
  strokes: readonly (readonly Point[])[],
): Float32Array<ArrayBuffer> {
  const image = new Float32Array(SIDE * SIDE);
  for (const stroke of strokes) {
    stroke.forEach(([bx, by], i) => {
      const [ax, ay] = stroke[Math.max(i - 1, 0)];
      const reach = PEN + 1;
      const range = (a: number, b: number) =>
        [
          Math.max(0, Math.floor(Math.min(a, b) - reach)),
          Math.min(SIDE - 1, Math.ceil(Math.max(a, b) + reach)),
        ] as const;
      const [left, right] = range(ax, bx), [top, bottom] = range(ay, by);
      for (let row = top; row <= bottom; row++) {
        for (let column = left; column <= right; column++) {
          const [x, y] = [column + 0.5, row + 0.5];
          const [dx, dy] = [bx - ax, by - ay];
          const length = dx * dx + dy * dy;
          const along = length === 0
            ? 0
            : ((x - ax) * dx + (y - ay) * dy) / length;
          const at = Math.max(0, Math.min(1, along));
          const distance = Math.hypot(x - ax - at * dx, y - ay - at * dy);
          const covered = Math.max(0, Math.min(1, PEN + 0.5 - distance));
          const place = row * SIDE + column;
          image[place] = Math.max(image[place], covered);
        }
      }
    });
  }
  return image;
}

/** The image of strokes, as large and where the digits of the data are. */
export function centered(
  strokes: readonly (readonly Point[])[],
): Float32Array<ArrayBuffer> {
  const points = strokes.flat();
  if (points.length === 0) return raster([]);
  const ends = ([0, 1] as const).map((axis) => {
    const all = points.map((point) => point[axis]);
    return [Math.min(...all), Math.max(...all)] as const;
  });
  const size = Math.max(...ends.map(([low, high]) => high - low));
  const scale = Math.min(LARGEST, (BOX - 2 * PEN) / size);
  const middle = ends.map(([low, high]) => (low + high) / 2);
  const moved = (right: number, down: number) =>
    strokes.map((stroke) =>
      stroke.map(([x, y]): Point => [
        (x - middle[0]) * scale + SIDE / 2 + right,
        (y - middle[1]) * scale + SIDE / 2 + down,
      ])
    );
  const image = raster(moved(0, 0));
  let mass = 0, across = 0, down = 0;
  image.forEach((v, i) => {
    mass += v;
    across += v * (i % SIDE + 0.5);
    down += v * (Math.floor(i / SIDE) + 0.5);
  });
  return raster(moved(SIDE / 2 - across / mass, SIDE / 2 - down / mass));
}

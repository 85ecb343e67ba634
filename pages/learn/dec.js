// The method's formulas, in double precision, as `dec_core` has them; equations are those of the DEC paper (Xie,
// Girshick and Farhadi, 2016). Points and centers are arrays of coordinates, q and p arrays of rows. Nothing is changed
// that is given. A test in a real browser holds all of this equal to the library's.

const TINY = 1e-300; // no logarithm of 0

export function squaredDistance(a, b) {
  return a.reduce((sum, value, k) => sum + (value - b[k]) ** 2, 0);
}

export function kernel(squared, alpha) { // Student's t of a squared distance, before it is normalised
  return (1 + squared / alpha) ** (-(alpha + 1) / 2);
}

export function normalised(row) {
  const sum = row.reduce((a, b) => a + b, 0);
  return row.map((value) => value / sum);
}

export function shares(squared, alpha) { // q of one point, equation 1, by its squared distances
  if (alpha === 1) return normalised(squared.map((each) => kernel(each, alpha)));
  const logarithms = squared.map((each) => (-(alpha + 1) / 2) * Math.log1p(each / alpha)); // else far from all centers 0/0
  const most = Math.max(...logarithms);
  return normalised(logarithms.map((each) => Math.exp(each - most)));
}

export function softAssignment(z, centers, alpha) { // q of every point
  return z.map((point) => shares(centers.map((center) => squaredDistance(point, center)), alpha));
}

export function fills(q) { // f_j: how many points each cluster has, by their shares
  const f = q[0].map(() => 0);
  for (const row of q) row.forEach((share, j) => { f[j] += share; });
  return f;
}

export function target(q, f = fills(q)) { // p, equation 3
  return q.map((row) => normalised(row.map((share, j) => (f[j] > 0 ? share ** 2 / f[j] : 0))));
}

export function divergence(p, q) { // KL(P || Q), equation 2, as a mean over the points, as our program has it; the paper sums
  let sum = 0;
  p.forEach((row, i) => row.forEach((share, j) => { // a q may be too small for any number
    if (share > 0) sum += share * Math.log(share / Math.max(q[i][j], TINY));
  }));
  return sum / p.length;
}

export function gradients(z, centers, p, alpha) { // of the *sum* over all points: equations 4 (points) and 5 (centers)
  const q = softAssignment(z, centers, alpha);
  const points = z.map((point) => point.map(() => 0)), moved = centers.map((center) => center.map(() => 0));
  z.forEach((point, i) => centers.forEach((center, j) => {
    const weight = ((alpha + 1) / alpha) * (p[i][j] - q[i][j]) / (1 + squaredDistance(point, center) / alpha);
    point.forEach((value, k) => {
      const force = weight * (value - center[k]);
      points[i][k] += force;
      moved[j][k] -= force;
    });
  }));
  return { z: points, centers: moved };
}

export function descended(values, gradient, rate) { // one step of gradient descent
  return values.map((row, i) => row.map((value, k) => value - rate * gradient[i][k]));
}

export const FORMULAS = { // of sentences with numbers in them; dec_core/lessons/pieces.py knows what each takes and gives
  "two-centers": ({ alpha, near, far }) => { // a point at two distances from two centers
    const squared = [near ** 2, far ** 2], [near_weight, far_weight] = squared.map((each) => kernel(each, alpha));
    const [q, other] = shares(squared, alpha);
    return { near_weight, far_weight, q, other };
  },
  "two-clusters": ({ q, fill }) => { // a point between two clusters, of which the first is so many times as full
    const [[p]] = target([[q, 1 - q]], [fill, 1]);
    return { p, gain: p - q };
  },
  pull: ({ alpha, p, q, distance }) => ({ // one center's part of equation 4, towards the center
    pull: ((alpha + 1) / alpha) * (p - q) * distance / (1 + distance ** 2 / alpha),
  }),
};

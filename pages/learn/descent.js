// Updates of DEC without a network: the points z themselves move, with the centers. In half-steps, q -> p -> arrows ->
// move, each a new state; no state is changed, so that one can go back. Stands behind dec.js.
//
// A state: {phase, moves, z, centers, q, p, made: the move at which p was made, gradient, kl}; settings: {alpha, rate,
// interval}. p is made anew after so many moves, and held between them.

export const PHASES = ["q", "p", "arrows", "move"];

export function begun(z, centers, settings) {
  return refreshed({ phase: "q", moves: 0, z, centers, p: null, made: 0 }, settings);
}

export function refreshed(state, { alpha }) { // what follows from its points and centers, worked out anew; a p that is held stays
  if (state.phase === "move") return state; // moved, and not looked at yet: its q is still that of before
  const q = softAssignment(state.z, state.centers, alpha);
  const p = state.phase !== "q" && state.made === state.moves ? target(q) : state.p;
  const gradient = state.phase === "arrows" ? gradients(state.z, state.centers, p, alpha) : null;
  return { ...state, q, p, gradient, kl: p && divergence(p, q) };
}

export function isDue({ p, made, moves }, { interval }) { return p === null || moves - made >= interval; }

export function halfStep(state, settings) {
  if (state.phase === "q") return refreshed({ ...state, phase: "p", made: isDue(state, settings) ? state.moves : state.made }, settings);
  if (state.phase === "p") return refreshed({ ...state, phase: "arrows" }, settings);
  if (state.phase === "move") return refreshed({ ...state, phase: "q" }, settings);
  const { z, centers, gradient, moves } = state;
  return {
    ...state, phase: "move", moves: moves + 1,
    z: descended(z, gradient.z, settings.rate), centers: descended(centers, gradient.centers, settings.rate),
  };
}

export function update(state, settings) { // on to the q after the next move
  do state = halfStep(state, settings); while (state.phase !== "q");
  return state;
}

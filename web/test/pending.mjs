// Cases that wait for ops that the registry does not have yet. One that passes must go from this list.

/** `group: name` of each. */
export const pending = new Set([
  'later: complex',
  'later: complex arithmetic',
  'later: complex prints',
  'later: fft',
  'later: rfft',
  'later: stft',
]);


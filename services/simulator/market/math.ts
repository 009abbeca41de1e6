/**
 * exp, log, pow and the normal quantile from IEEE-exact operations only (+ − × ÷, sqrt, floor), so
 * that a tape has the same bits on every machine and in every JavaScript engine. The standard lets
 * `Math.exp` and its kin differ in the last place; these may not.
 */

const LN2_HIGH = 0.6931471803691238; // 33 leading bits of ln 2, so that k × it is exact
const LN2_LOW = 1.9082149292705877e-10;

/** 2^k for whole k in −1022 … 1023, filled by exact doubling and halving. */
const POWERS_OF_TWO = (() => {
  const powers = new Float64Array(2_046);
  powers[1_022] = 1;
  for (let k = 1; k <= 1_023; k++) powers[1_022 + k] = powers[1_021 + k]! * 2;
  for (let k = 1; k <= 1_022; k++) powers[1_022 - k] = powers[1_023 - k]! / 2;
  return powers;
})();

/**
 * eˣ, relative error below 2⁻⁵² for |x| ≤ 700; 0 below −700, +Infinity above 709.
 *
 * Source: the reduction x = k·ln 2 + r and the rational form of FDLIBM's e_exp.c (Sun
 * Microsystems, 1993).
 */
export function exp(x: number): number {
  if (x < -700) return 0;
  if (x > 709) return Number.POSITIVE_INFINITY;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t *
              (0.00006613756321437934 +
                t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8))));
  return (1 - (low - (r * c) / (2 - c) - high)) * POWERS_OF_TWO[1_022 + k]!;
}

/**
 * Natural logarithm, error below 2⁻⁵² relative to the larger of |ln x| and the last bit of 1;
 * −Infinity at 0, NaN below.
 *
 * Source: FDLIBM's e_log.c (Sun Microsystems, 1993); the exponent is found by binary search over
 * exact powers of two instead of by looking at bits.
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  // Below the normal range the exponent table does not reach: lift by 2^60 and take it off again.
  if (x < 2.2250738585072014e-308) return log(x * 2 ** 60) - 60 * Math.LN2;
  let k = exponentOf(x);
  let mantissa = x / POWERS_OF_TWO[1_022 + k]!;
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    k++;
  }
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  const remainder =
    z *
    (0.6666666666666735 +
      z *
        (0.3999999999940942 +
          z *
            (0.2857142874366239 +
              z *
                (0.22222198432149784 +
                  z *
                    (0.1818357216161805 + z * (0.15313837699209373 + z * 0.14798198605116586))))));
  const half = 0.5 * f * f;
  return k * LN2_HIGH - (half - (s * (half + remainder) + k * LN2_LOW) - f);
}

/** Largest k with 2^k ≤ x, for normal positive x. */
function exponentOf(x: number): number {
  // Nearly every argument of the market lies here; the search below takes ten steps.
  if (x >= 0.5 && x < 1) return -1;
  if (x >= 1 && x < 2) return 0;
  let low = -1_022;
  let high = 1_023;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (POWERS_OF_TWO[1_022 + middle]! <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** xʸ for x > 0; relative error about |y·ln x| × 2⁻⁵². 0 at x = 0 with y > 0. */
export function pow(x: number, y: number): number {
  if (x === 0) return y > 0 ? 0 : Number.POSITIVE_INFINITY;
  return exp(y * log(x));
}

const CENTRAL_TOP = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
  1971.5909503065513, 133.14166789178438, 3.3871328727963665,
];
const CENTRAL_BOTTOM = [
  5226.495278852545, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
  687.1870074920579, 42.31333070160091, 1,
];
const MIDDLE_TOP = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684,
  3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835,
];
const MIDDLE_BOTTOM = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008,
  0.6897673349851, 1.6763848301838038, 2.053191626637759, 1,
];
const TAIL_TOP = [
  2.0103343992922881e-7, 0.000027115555687434876, 0.0012426609473880784, 0.026532189526576124,
  0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
];
const TAIL_BOTTOM = [
  2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 0.0007868691311456133,
  0.014875361290850615, 0.1369298809227358, 0.5998322065558879, 1,
];

function ratio(x: number, top: readonly number[], bottom: readonly number[]): number {
  let numerator = top[0]!;
  let denominator = bottom[0]!;
  for (let i = 1; i < 8; i++) {
    numerator = numerator * x + top[i]!;
    denominator = denominator * x + bottom[i]!;
  }
  return numerator / denominator;
}

/**
 * Standard normal quantile: the z with Φ(z) = p, relative error about 10⁻¹⁵.
 *
 * @param p  In (0, 1).
 *
 * Source: Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988).
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    return q * ratio(0.180625 - q * q, CENTRAL_TOP, CENTRAL_BOTTOM);
  }
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p));
  const z =
    r <= 5 ? ratio(r - 1.6, MIDDLE_TOP, MIDDLE_BOTTOM) : ratio(r - 5, TAIL_TOP, TAIL_BOTTOM);
  return q < 0 ? -z : z;
}

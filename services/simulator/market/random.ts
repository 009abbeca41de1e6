/** Seeded random numbers. One stream per agent, so that what one draws never shifts another. */
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { exp, log, normalQuantile, pow } from './math.ts';

export type RandomState = readonly number[];

const TWO_32 = 4_294_967_296;
const TWO_53 = 9_007_199_254_740_992;

/** One step of SplitMix32: spreads near-equal seeds far apart. Source: Steele et al. (2014). */
function mix(seed: number): number {
  let z = (seed + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}

/** FNV-1a, 32 bit. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash;
}

export class Random {
  readonly #generator: JumpableRandomGenerator;

  private constructor(generator: JumpableRandomGenerator) {
    this.#generator = generator;
  }

  /**
   * The stream named `label` under a seed; another label is an independent stream.
   *
   * @param seed  Whole number, 0 … 2³² − 1.
   */
  static stream(seed: number, label: string): Random {
    const state = [0, 0, 0, 0];
    let word = mix(seed ^ mix(hashOf(label)));
    for (let i = 0; i < 4; i++) {
      word = mix((word ^ Math.imul(seed, 0x85ebca6b)) + i);
      state[i] = word;
    }
    // All zero is the one state the generator cannot leave.
    if (state.every((part) => part === 0)) return new Random(xoroshiro128plus(seed));
    return new Random(xoroshiro128plusFromState(state));
  }

  static restore(state: RandomState): Random {
    return new Random(xoroshiro128plusFromState([...state]));
  }

  state(): RandomState {
    return [...this.#generator.getState()];
  }

  /** Uniform in (0, 1), both ends excluded; 53 bits. */
  uniform(): number {
    const high = this.#generator.next() >>> 5; // 27 bits
    const low = this.#generator.next() >>> 6; // 26 bits
    return (high * 67_108_864 + low + 0.5) / TWO_53;
  }

  /** Whole number in 0 … n − 1; bias below n / 2³². */
  below(n: number): number {
    return Math.floor(((this.#generator.next() >>> 0) / TWO_32) * n);
  }

  /** True with probability p. */
  chance(p: number): boolean {
    return this.#generator.next() >>> 0 < p * TWO_32;
  }

  /** Standard normal; always one uniform, so paired runs stay in step. */
  normal(): number {
    return normalQuantile(this.uniform());
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -log(this.uniform());
  }

  /** Pareto with minimum 1: P(X > x) = x^−tail. */
  pareto(tail: number): number {
    return pow(this.uniform(), -1 / tail);
  }

  /** Log-normal: exp(sigma × normal), median 1. */
  logNormal(sigma: number): number {
    return exp(sigma * this.normal());
  }
}

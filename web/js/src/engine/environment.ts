/** Flags and modes. */

import { isNode } from '../wasm';

/** A flag's value. */
export type FlagValue = number | boolean | string;

/** Flags that programs may read and set; wgflow itself obeys DEBUG and PROD alone. */
export class Environment {
  private flags: Record<string, FlagValue> = {};

  /** The value of a flag. Throws for one that was not set. */
  get(flagName: string): FlagValue {
    const value = this.flags[flagName] ?? DEFAULTS[flagName];
    if (value === undefined) {
      throw new Error(`Cannot evaluate flag '${flagName}': no evaluation function found.`);
    }
    return value;
  }
  /** As `get`, without waiting. */
  async getAsync(flagName: string): Promise<FlagValue> {
    return this.get(flagName);
  }
  /** A number. */
  getNumber(flagName: string): number {
    return this.get(flagName) as number;
  }
  /** A boolean. */
  getBool(flagName: string): boolean {
    return this.get(flagName) as boolean;
  }
  /** A string. */
  getString(flagName: string): string {
    return this.get(flagName) as string;
  }
  /** All flags that were set. */
  getFlags(): Record<string, FlagValue> {
    return this.flags;
  }
  /** Sets a flag. */
  set(flagName: string, value: FlagValue): void {
    this.flags[flagName] = value;
  }
  /** Sets several flags. */
  setFlags(flags: Record<string, FlagValue>): void {
    this.flags = { ...flags };
  }
  /** Forgets what was set. */
  reset(): void {
    this.flags = {};
  }
}

const DEFAULTS: Record<string, FlagValue> = {
  DEBUG: false,
  PROD: false,
  IS_BROWSER: typeof document !== 'undefined',
  IS_NODE: isNode(),
  IS_TEST: false,
  DEPRECATION_WARNINGS_ENABLED: true,
  KEEP_INTERMEDIATE_TENSORS: false,
};

const ENVIRONMENT = new Environment();

/** The one environment. */
export function env(): Environment {
  return ENVIRONMENT;
}

/** Sets the flag PROD. */
export function enableProdMode(): void {
  env().set('PROD', true);
}

/** Sets the flag DEBUG. */
export function enableDebugMode(): void {
  env().set('DEBUG', true);
}

/** No more warnings of `deprecationWarn`. */
export function disableDeprecationWarnings(): void {
  env().set('DEPRECATION_WARNINGS_ENABLED', false);
}

/** Warns that a function is to be no longer used. */
export function deprecationWarn(msg: string): void {
  if (env().getBool('DEPRECATION_WARNINGS_ENABLED')) {
    console.warn(`${msg} You can disable deprecation warnings with tf.disableDeprecationWarnings().`);
  }
}

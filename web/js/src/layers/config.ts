/** Configurations: TensorFlow.js's names of arguments and values, and Keras'. */

/** Values that are names of things, by the end of their argument's name. */
const NAMED = /(activation|initializer|regularizer|constraint|dataFormat|data_format|interpolation|outputMode|output_mode)$/i;

/** `kernelSize` as `kernel_size`. */
export function toSnake(name: string): string {
  const snake = name.replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2').replace(/([a-z])([A-Z])/g, '$1_$2');
  const lower = snake.toLowerCase();
  return lower[0] === '_' ? `private${lower}` : lower;
}

/** `kernel_size` as `kernelSize`. */
export function toCamel(name: string): string {
  return name.length < 2 || !name.includes('_') ? name : name.replace(/_+(\w|$)/g, (_, c: string) => c.toUpperCase());
}

/** An object that tells its class and configuration. */
export interface Described {
  getClassName(): string;
  getConfig(): object;
}

function isDescribed(v: object): v is Described {
  return typeof (v as Described).getConfig === 'function' && typeof (v as Described).getClassName === 'function';
}

/** A configuration in Keras' names; `nested` says what stands for an object of a class. */
export function toKeras(value: unknown, nested: (v: Described) => unknown = describe, key = ''): unknown {
  if (value === undefined || value === null) {
    return null;
  }
  if (typeof value === 'string') {
    return NAMED.test(key) ? toSnake(value) : value;
  }
  if (Array.isArray(value)) {
    return value.map((v) => toKeras(v, nested, key));
  }
  if (typeof value !== 'object') {
    return value;
  }
  if (isDescribed(value)) {
    return nested(value);
  }
  const out: Record<string, unknown> = {};
  for (const [k, v] of Object.entries(value)) {
    if (v !== undefined && typeof v !== 'function') {
      const name = toSnake(k);
      // Names of layers, and of classes, are the program's.
      out[name] = name === 'name' || name === 'class_name' ? v : toKeras(v, nested, k);
    }
  }
  return out;
}

/** A configuration in TensorFlow.js's names. */
export function fromKeras(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    return NAMED.test(key) ? toCamel(value) : value;
  }
  if (Array.isArray(value)) {
    return value.map((v) => fromKeras(v, key));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const out: Record<string, unknown> = {};
  for (const [k, v] of Object.entries(value)) {
    out[toCamel(k)] = k === 'name' || k === 'class_name' ? v : fromKeras(v, k);
  }
  return out;
}

/** Class and configuration of an object in Keras' names. */
export function describe(v: Described): { class_name: string; config: unknown } {
  return { class_name: v.getClassName(), config: toKeras(v.getConfig()) };
}

/** One value of a list of one; a list of more. */
export function single<T>(list: T[]): T | T[] {
  return list.length === 1 ? (list[0] as T) : list;
}

/** A list of one value, or the list. */
export function toList<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}

/** `tf.serialization`: classes that configurations name. */

import { assert } from './util/util';

/** A value of a configuration. */
export type ConfigDictValue = boolean | number | string | null | undefined | ConfigDictArray | ConfigDict;
/** A configuration. */
export interface ConfigDict {
  [key: string]: ConfigDictValue;
}
/** A list in a configuration. */
export interface ConfigDictArray extends Array<ConfigDictValue> {}

/** A class that can be made from a configuration. */
export type SerializableConstructor<T extends Serializable> = {
  new (...args: any[]): T;
  className: string;
  fromConfig: FromConfigMethod<T>;
};
/** Makes an object from a configuration. */
export type FromConfigMethod<T extends Serializable> = (cls: SerializableConstructor<T>, config: ConfigDict) => T;

/** What can be described by a configuration and made from it. */
export abstract class Serializable {
  /** The name that configurations use. */
  getClassName(): string {
    return (this.constructor as unknown as { className: string }).className;
  }

  /** What the constructor needs to make the same. */
  abstract getConfig(): ConfigDict;

  /** Makes an object from a configuration. */
  static fromConfig<T extends Serializable>(cls: SerializableConstructor<T>, config: ConfigDict): T {
    return new cls(config);
  }
}

/** Registered classes by name. */
export class SerializationMap {
  private static instance: SerializationMap | undefined;
  /** Classes and how they are made, by name. */
  classNameMap: { [className: string]: [SerializableConstructor<Serializable>, FromConfigMethod<Serializable>] } = {};

  /** The one map. */
  static getMap(): SerializationMap {
    return (SerializationMap.instance ??= new SerializationMap());
  }

  /** Adds a class. */
  static register<T extends Serializable>(cls: SerializableConstructor<T>): void {
    SerializationMap.getMap().classNameMap[cls.className] = [cls, cls.fromConfig] as unknown as [
      SerializableConstructor<Serializable>,
      FromConfigMethod<Serializable>,
    ];
  }
}

const names = new Map<unknown, string>();

/**
 * Makes a class known by `package>name`, so that files may name it.
 *
 * Throws where the class has no `className` of its own, or no `fromConfig`.
 */
export function registerClass<T extends Serializable>(cls: SerializableConstructor<T>, pkg = 'Custom', name?: string): SerializableConstructor<T> {
  assert(cls.className != null, () => 'Class being registered does not have the static className property defined.');
  assert(typeof cls.className === 'string', () => `className is required to be a string, but got type ${typeof cls.className}`);
  assert(cls.className.length > 0, () => 'Class being registered has an empty-string as its className, which is disallowed.');
  assert(typeof cls.fromConfig === 'function', () => `Class ${cls.className} being registered has no static fromConfig.`);
  const own = name ?? cls.className;
  names.set(cls, `${pkg}>${own}`);
  SerializationMap.register(cls);
  return cls;
}

/** The name that a class was registered by; else its `className`. */
export function getRegisteredName<T extends Serializable>(cls: SerializableConstructor<T>): string {
  return names.get(cls) ?? cls.className;
}

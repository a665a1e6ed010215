/** `tf.data.csv`: rows of text as objects. */

import type { DataType, TensorContainer } from '../types';
import { assert } from '../util/util';
import { Dataset } from './dataset';
import type { LazyIterator } from './iterator';
import { type DataSource, TextLineDataset } from './sources';

/** What is known of a column. */
export interface ColumnConfig {
  /** Whether a row may not leave it empty. */
  required?: boolean;
  dtype?: DataType;
  /** What an empty field means. */
  default?: TensorContainer;
  /** Whether it is what a model learns. */
  isLabel?: boolean;
}

/** How a file is read. */
export interface CSVConfig {
  hasHeader?: boolean;
  columnNames?: string[];
  columnConfigs?: { [key: string]: ColumnConfig };
  configuredColumnsOnly?: boolean;
  delimiter?: string;
  delimWhitespace?: boolean;
}

/** Rows of comma-separated text: objects by column; with labels in the configuration `{xs, ys}` of them. */
export class CSVDataset extends Dataset<TensorContainer> {
  /** The lines. */
  base: TextLineDataset;
  private readonly hasHeader: boolean;
  private readonly configs: { [key: string]: ColumnConfig };
  private readonly only: boolean;
  private readonly delimiter: string;
  private readonly whitespace: boolean;
  private names: string[] | null;
  private known = false;

  /** Throws for a delimiter together with `delimWhitespace`, and `configuredColumnsOnly` without columns. */
  constructor(
    protected readonly input: DataSource,
    csvConfig: CSVConfig = {},
  ) {
    super();
    this.base = new TextLineDataset(input);
    this.hasHeader = csvConfig.hasHeader !== false;
    this.names = csvConfig.columnNames ?? null;
    this.configs = csvConfig.columnConfigs ?? {};
    this.only = csvConfig.configuredColumnsOnly ?? false;
    assert(
      !csvConfig.delimWhitespace || csvConfig.delimiter == null,
      () => 'Delimiter should not be provided when delimWhitespace is true.',
    );
    this.whitespace = csvConfig.delimWhitespace ?? false;
    this.delimiter = csvConfig.delimiter ?? (this.whitespace ? ' ' : ',');
  }

  /** The columns: those configured if `configuredColumnsOnly`, else all. */
  async columnNames(): Promise<string[]> {
    await this.learn();
    return this.only ? Object.keys(this.configs) : (this.names as string[]);
  }

  private async learn(): Promise<void> {
    if (this.known) {
      return;
    }
    const header = this.hasHeader ? await this.headerLine() : null;
    assert(this.names !== null || header !== null, () => 'Column names must be provided if there is no header line.');
    if (this.names !== null && header !== null) {
      const [given, found] = [this.names.length, header.length];
      assert(given === found, () => `The length of provided columnNames (${given}) does not match the length of the header line read from file (${found}).`);
    }
    this.names ??= header as string[];
    const twice = this.names.filter((n, i, all) => all.indexOf(n) !== i);
    assert(twice.length === 0, () => `Duplicate column names found: ${twice}`);
    for (const key of Object.keys(this.configs)) {
      assert(
        this.names.includes(key),
        () => `The key "${key}" provided in columnConfigs does not match any of the column names (${this.names}).`,
      );
    }
    this.known = true;
  }

  private async headerLine(): Promise<string[]> {
    const first = await (await this.base.iterator()).next();
    assert(!first.done, () => 'No data was found for CSV parsing.');
    return this.parseRow(first.value as string, false);
  }

  async iterator(): Promise<LazyIterator<TensorContainer>> {
    await this.learn();
    const lines = await this.base.iterator();
    return (this.hasHeader ? lines.skip(1) : lines).map((line) => this.makeDataElement(line));
  }

  /** A row as an object. Throws where a required column is empty. */
  makeDataElement(line: string): TensorContainer {
    const values = this.parseRow(line);
    const features: { [key: string]: TensorContainer } = {};
    const labels: { [key: string]: TensorContainer } = {};
    (this.names as string[]).forEach((name, i) => {
      const config = this.configs[name];
      if (this.only && config === undefined) {
        return;
      }
      (config?.isLabel ? labels : features)[name] = this.field(name, values[i] ?? '', config, line);
    });
    return Object.keys(labels).length === 0 ? features : { xs: features, ys: labels };
  }

  private field(name: string, text: string, config: ColumnConfig | undefined, line: string): TensorContainer {
    if (text === '') {
      if (config?.default !== undefined) {
        return config.default;
      }
      assert(!config?.required && !config?.isLabel, () => `Required column ${name} is empty in this line: ${line}`);
      return undefined;
    }
    const number = Number(text);
    switch (config?.dtype) {
      case undefined:
        return Number.isNaN(number) ? text : number;
      case 'float32':
      case 'float16':
        return number;
      case 'int32':
        return Math.floor(number);
      case 'bool':
        return text === '1' || text.toLowerCase() === 'true' ? 1 : 0;
      default:
        return Number.isNaN(number) ? text : number;
    }
  }

  /** Fields of a row; quotes hold delimiters, and are no part of the field but two in a row. */
  private parseRow(line: string, validate = true): string[] {
    const fields: string[] = [];
    let text = '';
    let quoted = false;
    const end = (): void => {
      if (!this.whitespace || text !== '') {
        fields.push(text.trim());
      }
      text = '';
    };
    for (let i = 0; i < line.length; i++) {
      const c = line[i] as string;
      if (c === '"') {
        if (quoted && line[i + 1] === '"') {
          text += '""';
          i++;
        } else {
          quoted = !quoted;
        }
      } else if (!quoted && (this.whitespace ? /\s/.test(c) : c === this.delimiter)) {
        end();
      } else {
        text += c;
      }
    }
    end();
    const wanted = this.names?.length;
    if (validate && fields.length !== wanted) {
      throw new Error(`Invalid row in csv file. Should have ${wanted} elements in a row, but got ${fields.length}: ${line}`);
    }
    return fields;
  }
}

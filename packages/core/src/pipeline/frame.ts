import type { Datatype } from "../datatype.ts";
import type { Dimension } from "../signature.ts";
import type { Tensor } from "../tensor.ts";

/**
 * What flows through a pipeline: some rows, in named columns. Steps replace, add and delete columns;
 * every column always has as many rows as the frame.
 */
export interface Frame {
  readonly rows: number;
  readonly columns: Map<string, Column>;
}

/** One column of a frame. */
export type Column =
  /** One number a row; NaN where it is missing. Booleans are 0 and 1. */
  | { readonly kind: "number"; readonly values: Float64Array }
  /** One text a row; null where it is missing. Categories and dates are texts. */
  | { readonly kind: "text"; readonly values: readonly (string | null)[] }
  /** One file a row, as it was sent: an image, a recording. Null where it is missing. */
  | { readonly kind: "bytes"; readonly values: readonly (Uint8Array | null)[] }
  /** A run of samples a row, each of its own length. */
  | {
      readonly kind: "series";
      readonly values: readonly Float32Array[];
      /** Samples a second, of each row; absent for a series that is not in time. */
      readonly rates?: readonly number[];
    }
  /** Dense numbers or texts of one shape; the tensor's first axis is the rows. */
  | { readonly kind: "tensor"; readonly tensor: Tensor }
  /** Any JSON a row: lists of boxes, the k likeliest labels. Only answers have such columns. */
  | { readonly kind: "json"; readonly values: readonly unknown[] };

/** What is known of a column before there are any rows: pipelines are checked with it. */
export type ColumnType =
  | { readonly kind: "number" }
  | { readonly kind: "text" }
  | { readonly kind: "bytes" }
  | { readonly kind: "series" }
  | {
      readonly kind: "tensor";
      readonly datatype: Datatype;
      /** Without the axis of rows. */
      readonly shape: readonly Dimension[];
      /** Names of the places along the last axis, such as a classifier's classes. */
      readonly labels?: readonly string[];
    }
  | {
      readonly kind: "json";
      /** JSON Schema of one row's value. */
      readonly schema: Readonly<Record<string, unknown>>;
    };

/** Types of a frame's columns, in their order. */
export type ColumnTypes = ReadonlyMap<string, ColumnType>;

/** A column of a kind, as {@link ColumnType} and {@link Column} name them. */
export type ColumnOf<Kind extends Column["kind"]> = Extract<Column, { kind: Kind }>;
export type TypeOf<Kind extends ColumnType["kind"]> = Extract<ColumnType, { kind: Kind }>;

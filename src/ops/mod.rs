//! TensorFlow's ops by family. Each is declared once, in its family's file, and listed once, in that family's `OPS`.

mod args;
pub mod array;
mod build;
mod checks;
pub mod image;
pub mod linalg;
pub mod lookup;
pub mod losses;
pub mod math;
mod methods;
pub mod metrics;
pub mod nn;
mod print;
pub mod ragged;
pub mod random;
mod registry;
pub mod signal;
pub mod sparse;
pub mod strings;

pub use args::{Axes, IntoInts};
pub use print::{Piece, PrintOptions, Printable, print, print_with};
pub use registry::{by_name, families, rows};

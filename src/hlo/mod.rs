//! The array language under everything: few primitives, each with inference, a derivative, an exact meaning and a lowering.
//!
//! Names are StableHLO's. Ops of higher layers are functions that build these graphs.

pub mod attention;
mod build;
mod complex;
mod fft;
mod graph;
mod guard;
mod infer;
pub mod interpret;
mod literal;
mod prim;
mod print;
pub mod rewrite;
pub mod rows;
mod summary;
mod verify;
mod vjp;
mod work;

pub(crate) use complex::in_pairs;
pub use graph::{Graph, Inst, Val};
pub use infer::infer;
pub use literal::{Literal, Values};
pub use prim::{
    Attention, ById, CheckText, CompositeOp, Conv, ConvLayout, CustomOp, DotDims, GatherMode, Prim,
    PrintText, ReduceKind, ScanBody, ScatterKind, Spec, WhileBody, WindowDim,
};
pub use rows::Ew;
pub(crate) use vjp::window_positions;
pub use vjp::{Input, Keep, Linear, gradient, linearize};

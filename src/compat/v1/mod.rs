//! TensorFlow 1's graph mode: a graph is built of placeholders, variables and ops, and sessions run parts of it (`tf.compat.v1`).
//!
//! ```
//! use wgflow::compat::v1::{self, Graph, PlaceholderShape, Session};
//! use wgflow::{DType, IntoTensor, multiply, reduce_mean, square, subtract};
//!
//! let graph = Graph::new();
//! let _default = graph.as_default()?;
//! let x = v1::placeholder(DType::Float32, PlaceholderShape::from([None]), "x")?;
//! let y = v1::placeholder(DType::Float32, PlaceholderShape::from([None]), "y")?;
//! let w = v1::variable(0.0, "w", true)?;
//! let loss = reduce_mean(square(subtract(multiply(&x, &w)?, &y)?)?, None, false)?;
//! let train = v1::train::GradientDescentOptimizer::new(0.1).minimize(&loss, None)?;
//!
//! let mut session = Session::new(&graph);
//! session.run(&v1::global_variables_initializer()?, &[])?;
//! let (a, b) = ([1.0, 2.0, 3.0].into_tensor(None)?, [2.0, 4.0, 6.0].into_tensor(None)?);
//! for _ in 0..20 {
//!     session.run(&train, &[(&x, &a), (&y, &b)])?;
//! }
//! assert!((session.run(&w, &[])?.item::<f32>()? - 2.0).abs() < 1e-3);
//! # Ok::<(), wgflow::Error>(())
//! ```

mod fetch;
mod gradients;
mod graph;
mod replay;
mod session;
pub mod train;
mod variables;

pub use fetch::{Fetch, Fetches};
pub use gradients::gradients;
pub use graph::{DefaultGraph, Graph, Operation, PlaceholderShape, placeholder};
pub use session::Session;
pub use variables::{
    assign, assign_add, assign_sub, get_variable, global_variables, global_variables_initializer, group,
    trainable_variables, variable,
};

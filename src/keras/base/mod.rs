//! Layers as such: what they are, how they are called, and what they are on symbols.

mod arg;
mod args;
mod call;
mod cell;
mod declare;
mod layer;
mod loops;
mod node;
mod policy;
mod registry;
mod symbolic;
mod weight;

pub(crate) use arg::Checked;
pub use arg::{ConstraintArg, InitializerArg, ObjectArg, RegularizerArg};
pub use args::CallArgs;
pub(crate) use args::Named;
pub use call::Call;
pub use cell::RnnCell;
pub(crate) use cell::batch_of;
pub(crate) use declare::{Configured, KernelAndBias, configured, layer, without_fixed};
pub use layer::Layer;
pub(crate) use loops::{Loop, LoopKey};
pub use node::{AnyLayer, Node};
pub use policy::{DTypePolicy, dtype_policy, set_dtype_policy};
pub(crate) use registry::{Entry, entry, is_built_in, read_policy};
pub use registry::{deserialize_layer, register_layer, register_layer_source, serialize_layer};
pub(crate) use symbolic::{Invocation, KerasSpec};
pub use symbolic::{KerasInputs, KerasTensor};
pub(crate) use weight::Weight;
pub use weight::WeightSpec;

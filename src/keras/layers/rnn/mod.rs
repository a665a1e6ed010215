//! Recurrent layers.

mod bidirectional;
mod declare;
mod gates;
mod gru;
mod layer;
mod loops;
mod lstm;
mod recurrence;
mod scan;
mod simple;
mod stacked;
mod time_distributed;

pub use bidirectional::{Bidirectional, MergeMode};
pub use gru::{GRU, GRUCell};
pub use layer::RNN;
pub use lstm::{LSTM, LSTMCell};
pub use simple::{SimpleRNN, SimpleRNNCell};
pub use stacked::StackedRNNCells;
pub use time_distributed::TimeDistributed;

use crate::keras::base::{Entry, entry};

pub(super) const LAYERS: &[Entry] = &[
    entry::<Bidirectional>(),
    entry::<GRU>(),
    entry::<GRUCell>(),
    entry::<LSTM>(),
    entry::<LSTMCell>(),
    entry::<RNN>(),
    entry::<SimpleRNN>(),
    entry::<SimpleRNNCell>(),
    entry::<StackedRNNCells>(),
    entry::<TimeDistributed>(),
];

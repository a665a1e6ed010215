//! Recurrent layers.

mod bidirectional;
mod conv_lstm;
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
pub use conv_lstm::{ConvLSTM1D, ConvLSTM2D, ConvLSTM3D};
pub use gru::{GRU, GRUCell};
pub use layer::RNN;
pub use lstm::{LSTM, LSTMCell};
pub use simple::{SimpleRNN, SimpleRNNCell};
pub use stacked::StackedRNNCells;
pub use time_distributed::TimeDistributed;

use crate::keras::base::{Entry, entry};

pub(super) const LAYERS: &[Entry] = &[
    entry::<Bidirectional>(),
    entry::<ConvLSTM1D>(),
    entry::<ConvLSTM2D>(),
    entry::<ConvLSTM3D>(),
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

//! Hooks into training (`keras.callbacks`).

mod backup_and_restore;
mod callback;
mod csv_logger;
mod early_stopping;
mod history;
mod lambda;
mod learning_rate_scheduler;
mod list;
mod model_checkpoint;
mod monitor;
mod progbar_logger;
mod reduce_lr;
mod save_freq;
mod swap_ema_weights;
mod terminate_on_nan;

pub use backup_and_restore::BackupAndRestore;
pub use callback::{Callback, Params};
pub use csv_logger::CSVLogger;
pub use early_stopping::EarlyStopping;
pub use history::History;
pub use lambda::LambdaCallback;
pub use learning_rate_scheduler::LearningRateScheduler;
pub(in crate::keras) use list::CallbackList;
pub use model_checkpoint::ModelCheckpoint;
pub use monitor::Mode;
pub use progbar_logger::ProgbarLogger;
pub use reduce_lr::ReduceLROnPlateau;
pub use save_freq::SaveFreq;
pub use swap_ema_weights::SwapEMAWeights;
pub use terminate_on_nan::TerminateOnNaN;

/// Declares setters of fields.
macro_rules! setters {
    ($($(#[doc = $doc:literal])+ $field:ident: $t:ty;)+) => { $(
        $(#[doc = $doc])+
        #[must_use]
        pub fn $field(mut self, $field: $t) -> Self {
            self.$field = $field;
            self
        }
    )+ };
}
use setters;

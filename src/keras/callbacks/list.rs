//! The callbacks of a run.

use super::{Callback, History, Params, ProgbarLogger};
use crate::error::Result;
use crate::keras::models::Model;
use crate::keras::training::Verbose;

/// The caller's callbacks, then the history, then the progress bar, as Keras orders them.
pub(in crate::keras) struct CallbackList<'m, 'c> {
    model: &'m Model,
    own: Vec<&'c mut dyn Callback>,
    history: Option<History>,
    progbar: Option<ProgbarLogger>,
}

impl<'m, 'c> CallbackList<'m, 'c> {
    pub(in crate::keras) fn new(
        model: &'m Model,
        own: Vec<&'c mut dyn Callback>,
        params: &Params,
        history: bool,
    ) -> Self {
        let progbar = (params.verbose != Verbose::Silent).then(ProgbarLogger::new);
        let mut list = CallbackList { model, own, history: history.then(History::default), progbar };
        list.all().for_each(|c| c.set_params(params));
        list
    }

    fn all(&mut self) -> impl Iterator<Item = &mut dyn Callback> {
        let history = self.history.as_mut().map(|c| c as &mut dyn Callback);
        let progbar = self.progbar.as_mut().map(|c| c as &mut dyn Callback);
        self.own.iter_mut().map(|c| &mut **c as &mut dyn Callback).chain(history).chain(progbar)
    }

    /// Calls a hook of each.
    pub(in crate::keras) fn each(
        &mut self,
        mut hook: impl FnMut(&mut dyn Callback, &Model) -> Result<()>,
    ) -> Result<()> {
        let model = self.model;
        self.all().try_for_each(|c| hook(c, model))
    }

    pub(in crate::keras) fn into_history(self) -> History {
        self.history.unwrap_or_default()
    }
}

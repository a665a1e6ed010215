//! What training says of itself.

use super::state::State;
use crate::error::{Error, ErrorKind, Result};
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

/// Values of the loss and of metrics by name.
///
/// ```
/// # use wgflow::keras::Logs;
/// let logs = Logs::from([("accuracy", 0.75), ("loss", 0.5)]);
/// assert_eq!((logs.value("loss")?, logs.get("val_loss")), (0.5, None));
/// assert_eq!(logs.to_string(), "{'accuracy': 0.75, 'loss': 0.5}");
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logs(Vec<(String, f64)>);

impl Logs {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| *v)
    }

    /// The value of a name that must be there.
    ///
    /// # Errors
    /// `NotFound`, with the names that there are.
    pub fn value(&self, name: &str) -> Result<f64> {
        self.get(name).ok_or_else(|| {
            let text = format!("no value {name:?}; there are {}", self.names().join(", "));
            Error::new(ErrorKind::NotFound, "Logs", text)
        })
    }

    /// Sets the value of a name.
    pub fn set(&mut self, name: &str, value: f64) {
        match self.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, v)) => *v = value,
            None => self.0.push((name.into(), value)),
        }
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(n, v)| (n.as_str(), *v))
    }

    /// The names, in order.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(n, _)| n.as_str()).collect()
    }

    /// The values, in order.
    pub fn values(&self) -> Vec<f64> {
        self.0.iter().map(|(_, v)| *v).collect()
    }

    /// Whether there is nothing in them.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order of names, as Keras prints them.
    pub(in crate::keras) fn sorted(mut self) -> Self {
        self.0.sort_by(|a, b| a.0.cmp(&b.0));
        self
    }

    /// Adds others, each name with a prefix.
    pub(super) fn extend(&mut self, prefix: &str, others: &Logs) {
        others.iter().for_each(|(n, v)| self.set(&format!("{prefix}{n}"), v));
    }
}

impl<const N: usize> From<[(&str, f64); N]> for Logs {
    fn from(all: [(&str, f64); N]) -> Self {
        Logs(all.into_iter().map(|(n, v)| (n.into(), v)).collect())
    }
}

impl FromIterator<(String, f64)> for Logs {
    fn from_iter<I: IntoIterator<Item = (String, f64)>>(all: I) -> Self {
        Logs(all.into_iter().collect())
    }
}

/// As Python prints a dict.
impl fmt::Display for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.iter().map(|(n, v)| format!("'{n}': {v}")).collect();
        write!(f, "{{{}}}", all.join(", "))
    }
}

/// The logs of a step under way: they stay on the device until a callback asks for them.
pub struct StepLogs {
    state: Rc<State>,
    read: RefCell<Option<Logs>>,
}

impl StepLogs {
    pub(super) fn new(state: &Rc<State>) -> Self {
        StepLogs { state: state.clone(), read: RefCell::default() }
    }

    /// The values as they are now; waits for the device.
    ///
    /// # Errors
    /// What the device met in the steps before.
    pub fn read(&self) -> Result<Logs> {
        if let Some(logs) = &*self.read.borrow() {
            return Ok(logs.clone());
        }
        let logs = self.state.read_results()?.sorted();
        self.read.replace(Some(logs.clone()));
        Ok(logs)
    }
}

impl fmt::Debug for StepLogs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.read.borrow() {
            Some(logs) => logs.fmt(f),
            None => f.write_str("StepLogs(..)"),
        }
    }
}

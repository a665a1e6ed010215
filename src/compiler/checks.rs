//! Numbers for value checks, so that a device can say which one failed.

use crate::error::Error;
use crate::hlo::CheckText;
use crate::hlo::interpret::check_error;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

#[derive(Default)]
struct Table {
    texts: Vec<Arc<CheckText>>,
    codes: HashMap<Arc<CheckText>, u32>,
}

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);

/// The number of a check; equal texts share one. Never 0.
pub fn code_of(text: &Arc<CheckText>) -> u32 {
    let mut t = crate::lock(&TABLE);
    if let Some(&code) = t.codes.get(text) {
        return code;
    }
    t.texts.push(text.clone());
    let code = t.texts.len() as u32;
    t.codes.insert(text.clone(), code);
    code
}

/// The error that a device reports as words: number, position, value. `None` for no error.
pub fn error_of(words: &[u32]) -> Option<Error> {
    let code = *words.first()? as usize;
    let text = crate::lock(&TABLE).texts.get(code.checked_sub(1)?)?.clone();
    let (index, value) = (words.get(1).copied().unwrap_or(0), words.get(2).copied().unwrap_or(0));
    Some(check_error(&text, index as usize, i64::from(value as i32)))
}

//! Messages on standard output.

use crate::error::{Error, ErrorKind, Result};
use std::io::{self, IsTerminal, Write};

/// Writes a message to standard output, as it is, and flushes it: the one way on which Keras' parts print.
///
/// # Errors
/// `Unavailable` when the output cannot be written.
pub(crate) fn print_msg(message: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(message.as_bytes()).and_then(|()| out.flush());
    written.map_err(|e| Error::new(ErrorKind::Unavailable, "print", format!("standard output: {e}")))
}

/// Whether standard output is a terminal, where text can be overwritten.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

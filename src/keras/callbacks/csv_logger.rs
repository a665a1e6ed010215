//! Logs in a table.

use super::Callback;
use crate::error::{Error, Result};
use crate::keras::models::Model;
use crate::keras::training::Logs;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

/// Writes the logs of each epoch as a line of a CSV file (`keras.callbacks.CSVLogger`).
#[derive(Debug)]
pub struct CSVLogger {
    filename: PathBuf,
    separator: String,
    append: bool,
    file: Option<File>,
    keys: Vec<String>,
    header: bool,
}

impl CSVLogger {
    /// Writes to a file, which is made anew.
    pub fn new(filename: impl Into<PathBuf>) -> Self {
        CSVLogger {
            filename: filename.into(),
            separator: ",".into(),
            append: false,
            file: None,
            keys: vec![],
            header: true,
        }
    }

    /// What stands between values.
    #[must_use]
    pub fn separator(mut self, separator: impl Into<String>) -> Self {
        self.separator = separator.into();
        self
    }

    /// Whether lines are added to a file that is there.
    #[must_use]
    pub fn append(mut self, append: bool) -> Self {
        self.append = append;
        self
    }

    fn write(&mut self, fields: &[String]) -> Result<()> {
        let quoted: Vec<String> = fields.iter().map(|f| quoted(f, &self.separator)).collect();
        let line = quoted.join(&self.separator) + "\r\n";
        let written = match &mut self.file {
            Some(file) => file.write_all(line.as_bytes()).and_then(|()| file.flush()),
            None => Err(io::Error::other("the file is not open")),
        };
        written.map_err(|e| Error::io("CSVLogger", &self.filename, &e))
    }
}

/// A field, quoted where it has a separator or quotes in it.
fn quoted(field: &str, separator: &str) -> String {
    if field.contains(separator) || field.contains(['"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_string()
    }
}

impl Callback for CSVLogger {
    fn on_train_begin(&mut self, _: &Model) -> Result<()> {
        let old = self.append && std::fs::metadata(&self.filename).is_ok_and(|m| m.len() > 0);
        self.header = !old;
        self.keys.clear();
        let mut options = OpenOptions::new();
        options.create(true).write(true).append(self.append).truncate(!self.append);
        let file = options.open(&self.filename).map_err(|e| Error::io("CSVLogger", &self.filename, &e))?;
        self.file = Some(file);
        Ok(())
    }

    fn on_epoch_end(&mut self, _: &Model, epoch: usize, logs: &mut Logs) -> Result<()> {
        if self.keys.is_empty() {
            let mut keys: Vec<String> = logs.names().into_iter().map(String::from).collect();
            keys.sort();
            if !keys.iter().any(|k| k.starts_with("val_")) {
                let later: Vec<String> = keys.iter().map(|k| format!("val_{k}")).collect();
                keys.extend(later);
            }
            self.keys = keys;
            if self.header {
                let mut names = vec!["epoch".to_string()];
                names.extend(self.keys.iter().cloned());
                self.write(&names)?;
                self.header = false;
            }
        }
        let mut row = vec![epoch.to_string()];
        row.extend(self.keys.iter().map(|k| logs.get(k).map_or("NA".into(), |v| v.to_string())));
        self.write(&row)
    }

    fn on_train_end(&mut self, _: &Model, _: &Logs) -> Result<()> {
        self.file = None;
        Ok(())
    }
}

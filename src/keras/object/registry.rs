//! Classes by name, and objects from configurations.

use super::setting::Setting;
use crate::error::{Error, Result};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, RwLock};

/// The arguments that make an object again, by name: Keras' `config`.
pub type Config = Map<String, Value>;

/// Makes an object of a class.
pub(crate) type Maker<T> = fn(&Config) -> Result<Arc<T>>;

/// A class that comes with the library.
pub(crate) struct Class<T: ?Sized> {
    /// Keras' name of the class.
    pub(crate) name: &'static str,
    /// Other names that it is found by.
    pub(crate) aliases: &'static [&'static str],
    /// Makes an object.
    pub(crate) make: Maker<T>,
}

/// The classes of a kind, those of the library and the user's.
pub(crate) struct Registry<T: ?Sized + 'static> {
    /// The kind, such as `loss`.
    pub(crate) kind: &'static str,
    /// Keras' module, such as `keras.losses`.
    pub(crate) module: &'static str,
    /// Whether upper and lower case are the same.
    pub(crate) ignores_case: bool,
    pub(crate) classes: &'static [&'static [Class<T>]],
    pub(crate) own: RwLock<BTreeMap<String, Maker<T>>>,
}

impl<T: ?Sized> Registry<T> {
    pub(crate) const fn new(
        kind: &'static str,
        module: &'static str,
        classes: &'static [&'static [Class<T>]],
    ) -> Self {
        Registry { kind, module, ignores_case: false, classes, own: RwLock::new(BTreeMap::new()) }
    }

    /// The same, where upper and lower case of names are one.
    pub(crate) const fn ignoring_case(mut self) -> Self {
        self.ignores_case = true;
        self
    }

    /// Makes a class of the user's known by name.
    pub(crate) fn register(&self, name: &str, make: Maker<T>) {
        crate::write(&self.own).insert(name.into(), make);
    }

    fn find(&self, name: &str) -> Option<Maker<T>> {
        if let Some(make) = crate::read(&self.own).get(name) {
            return Some(*make);
        }
        let same = |a: &str| if self.ignores_case { a.eq_ignore_ascii_case(name) } else { a == name };
        let hit = |c: &&Class<T>| same(c.name) || c.aliases.iter().any(|a| same(a));
        self.classes.iter().copied().flatten().find(hit).map(|c| c.make)
    }

    /// An object of a class, with arguments where they are not to have their defaults.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown name, naming all that are known, and for arguments that do not fit.
    pub(crate) fn make(&self, name: &str, config: &Config) -> Result<Arc<T>> {
        match self.find(name) {
            Some(make) => make(config),
            None => Err(self.unknown(name)),
        }
    }

    /// An object from its name, or from what [`Registry::serialize`] wrote.
    ///
    /// # Errors
    /// As [`Registry::make`].
    pub(crate) fn deserialize(&self, v: &Value) -> Result<Arc<T>> {
        let wanted = "a name, or an object with class_name and config";
        let refuse = || Error::invalid(self.place(), "identifier", wanted, v);
        if let Some(name) = v.as_str() {
            return self.make(name, &Config::new());
        }
        let class = v.get("class_name").and_then(Value::as_str).ok_or_else(refuse)?;
        match v.get("config") {
            None | Some(Value::Null) => self.make(class, &Config::new()),
            Some(Value::Object(c)) => self.make(class, c),
            // Functions are written by their name.
            Some(Value::String(name)) if class == "function" => self.make(name, &Config::new()),
            Some(_) => Err(refuse()),
        }
    }

    /// Class and configuration of an object, as Keras writes them. A class that is registered by the user is marked as such.
    pub(crate) fn serialize(&self, class: &str, config: Config) -> Value {
        if self.classes.iter().copied().flatten().any(|c| c.name == class) {
            return json!({ "module": self.module, "class_name": class, "config": config, "registered_name": null });
        }
        json!({ "module": null, "class_name": class, "config": config, "registered_name": class })
    }

    fn place(&self) -> String {
        format!("{}.get", self.module)
    }

    fn unknown(&self, name: &str) -> Error {
        let mut names: BTreeSet<String> = crate::read(&self.own).keys().cloned().collect();
        names.extend(self.classes.iter().copied().flatten().map(|c| c.name.to_string()));
        let names: Vec<String> = names.into_iter().collect();
        let wanted = format!("the name of a {}, one of {}", self.kind, names.join(", "));
        Error::invalid(self.place(), "identifier", wanted, format_args!("{name:?}"))
    }
}

/// Reads the arguments of a class.
pub(crate) struct Fields<'a> {
    class: &'static str,
    config: &'a Config,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(class: &'static str, config: &'a Config) -> Self {
        Fields { class, config, known: vec![] }
    }

    /// An argument that need not be there.
    pub(crate) fn optional<S: Setting>(&mut self, name: &'static str) -> Result<Option<S>> {
        self.known.push(name);
        let Some(v) = self.config.get(name) else { return Ok(None) };
        match S::read(v) {
            Some(s) => Ok(Some(s)),
            None => Err(Error::invalid(self.class, name, S::WANTED, v)),
        }
    }

    /// An argument that must be there.
    pub(crate) fn required<S: Setting>(&mut self, name: &'static str) -> Result<S> {
        let found = self.optional(name)?;
        found.ok_or_else(|| Error::invalid(self.class, name, S::WANTED, "nothing"))
    }

    /// Refuses arguments that no one asked for.
    pub(crate) fn finish(self) -> Result<()> {
        match self.config.keys().find(|k| !self.known.contains(&k.as_str())) {
            None => Ok(()),
            Some(other) => {
                let wanted = format!("one of the arguments {}", self.known.join(", "));
                Err(Error::invalid(self.class, "config", wanted, format_args!("{other:?}")))
            }
        }
    }
}

//! `tf.lookup`: tables from keys to values, on the host. What graphs do with handles of tables (`HashTableV2`, `InitializeTableV2`,
//! `LookupTableImportV2`, `LookupTableFindV2`, `LookupTableSizeV2`, `LookupTableExportV2`) is here a method of [`HashTable`].

use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::{Literal, Values};
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Tensor, host_value};
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

/// Keys and values of a table (`tf.lookup.KeyValueTensorInitializer`).
#[derive(Clone, Debug)]
pub struct KeyValueTensorInitializer {
    keys: Tensor,
    values: Tensor,
}

impl KeyValueTensorInitializer {
    /// Of keys and values of one shape: integers, floats, bools or strings.
    ///
    /// # Errors
    /// `InvalidArgument` for different shapes.
    pub fn new(keys: impl IntoTensor, values: impl IntoTensor) -> Result<Self> {
        let (keys, values) = (keys.into_tensor(None)?, values.into_tensor(None)?);
        same_shape("KeyValueTensorInitializer", keys.shape(), values.shape())?;
        Ok(KeyValueTensorInitializer { keys, values })
    }

    /// dtype of the keys.
    pub fn key_dtype(&self) -> DType {
        self.keys.dtype()
    }

    /// dtype of the values.
    pub fn value_dtype(&self) -> DType {
        self.values.dtype()
    }
}

fn same_shape(op: &str, keys: &Shape, values: &Shape) -> Result<()> {
    if keys == values {
        return Ok(());
    }
    Err(Error::invalid(
        op,
        "values",
        format_args!("shape {keys}, that of the keys"),
        format_args!("shape {values}"),
    ))
}

/// A table whose content does not change, with a value for keys that it has not (`tf.lookup.StaticHashTable`).
///
/// ```
/// # use wgflow::ops::lookup::{KeyValueTensorInitializer, StaticHashTable};
/// let initializer = KeyValueTensorInitializer::new(["cat", "dog"], [1, 2])?;
/// let table = StaticHashTable::new(&initializer, -1)?;
/// assert_eq!(table.lookup(["dog", "bird"])?.to_vec::<i32>()?, [2, -1]);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct StaticHashTable {
    table: HashTable,
    default_value: Tensor,
}

impl StaticHashTable {
    /// A table of an initializer's keys and values.
    ///
    /// # Errors
    /// `InvalidArgument` for a default that is no scalar of the values' dtype; `FailedPrecondition` for a key with two values; `Unimplemented`
    /// while a function is traced, for keys or values that are computed in it.
    pub fn new(initializer: &KeyValueTensorInitializer, default_value: impl IntoTensor) -> Result<Self> {
        let table = HashTable::new(initializer.key_dtype(), initializer.value_dtype())?;
        let default_value = default_value.into_tensor(Some(initializer.value_dtype()))?;
        want_scalar("StaticHashTable", &default_value, initializer.value_dtype())?;
        table.initialize(&initializer.keys, &initializer.values)?;
        Ok(StaticHashTable { table, default_value })
    }

    /// The values of keys, in their shape.
    ///
    /// # Errors
    /// As [`HashTable::find`].
    pub fn lookup(&self, keys: impl IntoTensor) -> Result<Tensor> {
        self.table.find(keys, &self.default_value)
    }

    /// The number of keys, as an int64 scalar.
    ///
    /// # Errors
    /// `Internal` only.
    pub fn size(&self) -> Result<Tensor> {
        self.table.size()
    }

    /// All keys and values.
    ///
    /// # Errors
    /// `Internal` only.
    pub fn export(&self) -> Result<(Tensor, Tensor)> {
        self.table.export()
    }
}

fn want_scalar(op: &str, t: &Tensor, dtype: DType) -> Result<()> {
    if t.rank() == 0 && t.dtype() == dtype {
        return Ok(());
    }
    Err(Error::invalid(op, "default_value", format_args!("a scalar of {dtype}"), t.spec()))
}

/// An element as a key. Floats count by value: both zeros are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Number(u64),
    Text(Vec<u8>),
}

fn key(l: &Literal, i: usize) -> Key {
    match &l.values {
        Values::Strings(v) => Key::Text(v[i].clone()),
        Values::Ints(v) => Key::Number(v[i] as u64),
        _ => Key::Number((l.f64_at(i) + 0.0).to_bits()),
    }
}

#[derive(Debug, Default)]
struct Content {
    initialized: bool,
    /// Where the value of each key stands.
    places: HashMap<Key, usize>,
    /// In the order in which the keys came.
    keys: Vec<Literal>,
    values: Vec<Literal>,
}

impl Content {
    /// Adds pairs; a key that comes again gets its last value, or is an error if `once` is set and the value is another.
    fn add(&mut self, op: &str, keys: &Literal, values: &Literal, once: bool) -> Result<()> {
        for i in 0..keys.len() {
            let value = element(values, i);
            let own = key(keys, i);
            match self.places.get(&own) {
                Some(&at) if once && self.values[at] != value => {
                    let what = format!(
                        "wanted one value for each key. Received: key {} with {} and with {}",
                        shown(keys, i),
                        shown(&self.values[at], 0),
                        shown(&value, 0)
                    );
                    return Err(Error::new(ErrorKind::FailedPrecondition, op, what));
                }
                Some(&at) => self.values[at] = value,
                None => {
                    self.places.insert(own, self.values.len());
                    self.keys.push(element(keys, i));
                    self.values.push(value);
                }
            }
        }
        Ok(())
    }
}

/// One element as a scalar.
fn element(l: &Literal, i: usize) -> Literal {
    let values = match &l.values {
        Values::Ints(v) => Values::Ints(vec![v[i]]),
        Values::Strings(v) => Values::Strings(vec![v[i].clone()]),
        _ => Values::Floats(vec![l.f64_at(i)]),
    };
    Literal { dtype: l.dtype, shape: Shape::scalar(), values }
}

/// An element as text.
fn shown(l: &Literal, i: usize) -> String {
    crate::tensor::array_str(&element(l, i))
}

/// Scalars as the elements of a tensor.
fn joined<'a>(dtype: DType, shape: Shape, all: impl Iterator<Item = &'a Literal>) -> Literal {
    match dtype {
        DType::String => Literal::strings(shape, all.map(|l| l.as_strings().concat()).collect()),
        d if d.is_exact() => Literal::ints(d, shape, all.map(|l| l.i64_at(0)).collect()),
        d => Literal::floats(d, shape, all.map(|l| l.f64_at(0)).collect()),
    }
}

/// A table from keys to values, as graphs hold it: made empty, filled once or anew, asked. Clones are the same table.
#[derive(Clone, Debug)]
pub struct HashTable {
    key_dtype: DType,
    value_dtype: DType,
    content: Arc<RwLock<Content>>,
}

impl HashTable {
    /// An empty table (`HashTableV2`).
    ///
    /// # Errors
    /// `InvalidArgument` for complex keys or values.
    pub fn new(key_dtype: DType, value_dtype: DType) -> Result<Self> {
        for (arg, dtype) in [("key_dtype", key_dtype), ("value_dtype", value_dtype)] {
            if dtype == DType::Complex64 {
                return Err(Error::invalid("HashTableV2", arg, "integers, floats, bool or string", dtype));
            }
        }
        Ok(HashTable { key_dtype, value_dtype, content: Arc::default() })
    }

    /// dtype of the keys.
    pub fn key_dtype(&self) -> DType {
        self.key_dtype
    }

    /// dtype of the values.
    pub fn value_dtype(&self) -> DType {
        self.value_dtype
    }

    /// Gives the table its content (`InitializeTableV2`). A table that has the same content already stays.
    ///
    /// # Errors
    /// `InvalidArgument` for other dtypes or different shapes; `FailedPrecondition` for a key with two values, and a table that has other
    /// content; `Unimplemented` while a function is traced, for what is computed in it.
    pub fn initialize(&self, keys: impl IntoTensor, values: impl IntoTensor) -> Result<()> {
        let op = "InitializeTableV2";
        let (keys, values) = self.pairs(op, keys, values)?;
        let mut fresh = Content { initialized: true, ..Content::default() };
        fresh.add(op, &keys, &values, true)?;
        let mut content = crate::write(&self.content);
        if !content.initialized {
            *content = fresh;
            return Ok(());
        }
        let same = fresh.places.len() == content.places.len()
            && fresh.places.iter().all(|(k, &at)| {
                content.places.get(k).is_some_and(|&is| content.values[is] == fresh.values[at])
            });
        if same {
            return Ok(());
        }
        let what = "wanted a table without content. Received: one that was initialized with other data";
        Err(Error::new(ErrorKind::FailedPrecondition, op, what))
    }

    /// Replaces the content (`LookupTableImportV2`); of a key that comes twice the last value stays.
    ///
    /// # Errors
    /// `InvalidArgument` for other dtypes or different shapes; `Unimplemented` while a function is traced, for what is computed in it.
    pub fn import(&self, keys: impl IntoTensor, values: impl IntoTensor) -> Result<()> {
        let op = "LookupTableImportV2";
        let (keys, values) = self.pairs(op, keys, values)?;
        let mut fresh = Content { initialized: true, ..Content::default() };
        fresh.add(op, &keys, &values, false)?;
        *crate::write(&self.content) = fresh;
        Ok(())
    }

    fn pairs(&self, op: &str, keys: impl IntoTensor, values: impl IntoTensor) -> Result<(Literal, Literal)> {
        let keys = keys.into_tensor(Some(self.key_dtype))?;
        let values = values.into_tensor(Some(self.value_dtype))?;
        for (arg, t, dtype) in [("keys", &keys, self.key_dtype), ("values", &values, self.value_dtype)] {
            if t.dtype() != dtype {
                return Err(Error::invalid(op, arg, dtype, t.dtype()));
            }
        }
        same_shape(op, keys.shape(), values.shape())?;
        Ok((host_value(op, &keys)?, host_value(op, &values)?))
    }

    /// The values of keys, in their shape; `default_value` for keys that the table has not (`LookupTableFindV2`).
    ///
    /// # Errors
    /// `InvalidArgument` for keys or a default of another dtype, and a default that is no scalar; `FailedPrecondition` for a table without
    /// content; `Unimplemented` while a function is traced, for keys that are computed in it.
    pub fn find(&self, keys: impl IntoTensor, default_value: impl IntoTensor) -> Result<Tensor> {
        let op = "LookupTableFindV2";
        let keys = keys.into_tensor(Some(self.key_dtype))?;
        let default = default_value.into_tensor(Some(self.value_dtype))?;
        if keys.dtype() != self.key_dtype {
            return Err(Error::invalid(op, "keys", self.key_dtype, keys.dtype()));
        }
        want_scalar(op, &default, self.value_dtype)?;
        let (keys, default) = (host_value(op, &keys)?, host_value(op, &default)?);
        let content = crate::read(&self.content);
        if !content.initialized {
            let what = "wanted a table that was initialized. Received: one that was not";
            return Err(Error::new(ErrorKind::FailedPrecondition, op, what));
        }
        let value = |i: usize| content.places.get(&key(&keys, i)).map_or(&default, |&at| &content.values[at]);
        joined(self.value_dtype, keys.shape.clone(), (0..keys.len()).map(value)).into_tensor(None)
    }

    /// The number of keys, as an int64 scalar (`LookupTableSizeV2`).
    ///
    /// # Errors
    /// `Internal` only.
    pub fn size(&self) -> Result<Tensor> {
        let n = crate::read(&self.content).places.len();
        Literal::scalar(DType::Int64, n as f64).into_tensor(None)
    }

    /// All keys and values, in the order in which the keys came (`LookupTableExportV2`).
    ///
    /// # Errors
    /// `Internal` only.
    pub fn export(&self) -> Result<(Tensor, Tensor)> {
        let content = crate::read(&self.content);
        let shape = Shape::from([content.keys.len()]);
        Ok((
            joined(self.key_dtype, shape.clone(), content.keys.iter()).into_tensor(None)?,
            joined(self.value_dtype, shape, content.values.iter()).into_tensor(None)?,
        ))
    }
}

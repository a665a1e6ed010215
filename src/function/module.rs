//! Modules: variables and modules by name.

use crate::error::{Error, Result};
use crate::tensor::{IntoTensor, Variable, VariableId, name_scope, scoped};
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex};

/// What holds variables and other modules by name (`tf.Module`), so that they can be collected. Cheap to clone; clones are the same module.
///
/// Where TensorFlow sees attributes of Python objects, here each variable and module is given its name when it joins. A type of one's own
/// holds a `Module` and lends it by `AsRef<Module>`:
///
/// ```
/// # use wgflow::{Module, Result, Tensor, Variable, add, matmul, ones, zeros, DType};
/// struct Dense { module: Module, w: Variable, b: Variable }
/// impl Dense {
///     fn new(name: &str, inputs: usize, units: usize) -> Result<Self> {
///         let module = Module::new(name)?;
///         let w = module.variable("w", ones([inputs, units], DType::Float32)?)?;
///         let b = module.variable("b", zeros([units], DType::Float32)?)?;
///         Ok(Dense { module, w, b })
///     }
///     fn call(&self, x: &Tensor) -> Result<Tensor> {
///         add(matmul(x, &self.w)?, &self.b)
///     }
/// }
/// impl AsRef<Module> for Dense {
///     fn as_ref(&self) -> &Module { &self.module }
/// }
///
/// let model = Module::new("model")?;
/// let (first, second) = model.name_scope(|| (Dense::new("first", 2, 3), Dense::new("second", 3, 1)));
/// let (first, second) = (first?, second?);
/// model.add("dense_1", &first)?;
/// model.add("dense_2", &second)?;
/// let names: Vec<String> = model.trainable_variables().iter().map(|v| v.name().to_string()).collect();
/// assert_eq!(names, ["model/first/b", "model/first/w", "model/second/b", "model/second/w"]);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone)]
pub struct Module(Arc<Inner>);

struct Inner {
    name: String,
    scope: String,
    parts: Mutex<BTreeMap<String, Part>>,
}

#[derive(Clone)]
enum Part {
    Variable(Variable),
    Module(Module),
}

impl Module {
    /// A module without parts, in the name scope that is open.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that is no identifier.
    pub fn new(name: &str) -> Result<Self> {
        let mut chars = name.chars();
        let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
        if !first || !chars.all(|c| c.is_alphanumeric() || c == '_') {
            return Err(Error::invalid("Module", "name", "a valid identifier", format_args!("{name:?}")));
        }
        Ok(Module(Arc::new(Inner { name: name.into(), scope: scoped(name), parts: Mutex::default() })))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Runs `f` in the module's name scope (`with module.name_scope`): variables made there are named `module/variable`, below the scope in
    /// which the module was made.
    pub fn name_scope<R>(&self, f: impl FnOnce() -> R) -> R {
        name_scope(&format!("{}/", self.0.scope), f)
    }

    /// Makes a trainable variable in the module's name scope and holds it.
    ///
    /// # Errors
    /// As [`Variable::named`]; `InvalidArgument` when the name is taken.
    pub fn variable(&self, name: &str, initial_value: impl IntoTensor) -> Result<Variable> {
        let v = self.name_scope(|| Variable::named(initial_value, name, true))?;
        self.track(name, &v)?;
        Ok(v)
    }

    /// Holds a variable that was made elsewhere.
    ///
    /// # Errors
    /// `InvalidArgument` when the name is taken.
    pub fn track(&self, name: &str, variable: &Variable) -> Result<()> {
        self.join(name, Part::Variable(variable.clone()))
    }

    /// Holds another module.
    ///
    /// # Errors
    /// `InvalidArgument` when the name is taken.
    pub fn add(&self, name: &str, module: &impl AsRef<Module>) -> Result<()> {
        self.join(name, Part::Module(module.as_ref().clone()))
    }

    fn join(&self, name: &str, part: Part) -> Result<()> {
        let mut parts = crate::lock(&self.0.parts);
        if parts.contains_key(name) {
            let taken = format!("{name}, which the module has already");
            return Err(Error::invalid("Module", "name", "a name that is free", taken));
        }
        parts.insert(name.into(), part);
        Ok(())
    }

    /// Its variables in the order of their names, then those of each of its modules; each once.
    pub fn variables(&self) -> Vec<Variable> {
        let (mut found, mut seen) = (vec![], vec![]);
        self.collect_variables(&mut found, &mut seen);
        let mut known: HashSet<VariableId> = HashSet::new();
        found.retain(|v| known.insert(v.id()));
        found
    }

    /// Of [`Module::variables`], those that are trained.
    pub fn trainable_variables(&self) -> Vec<Variable> {
        self.variables().into_iter().filter(Variable::trainable).collect()
    }

    /// Of [`Module::variables`], those that are not trained.
    pub fn non_trainable_variables(&self) -> Vec<Variable> {
        self.variables().into_iter().filter(|v| !v.trainable()).collect()
    }

    /// The modules that it holds, in the order of their names, then those that each of them holds; each once.
    pub fn submodules(&self) -> Vec<Module> {
        let mut found = vec![];
        self.collect_modules(&mut found);
        found
    }

    fn collect_modules(&self, found: &mut Vec<Module>) {
        let mut new = vec![];
        for m in self.own_modules() {
            if !found.iter().any(|f: &Module| Arc::ptr_eq(&f.0, &m.0)) {
                found.push(m.clone());
                new.push(m);
            }
        }
        new.iter().for_each(|m| m.collect_modules(found));
    }

    fn collect_variables(&self, found: &mut Vec<Variable>, seen: &mut Vec<Module>) {
        let parts = crate::lock(&self.0.parts).clone();
        found.extend(parts.into_values().filter_map(|p| match p {
            Part::Variable(v) => Some(v),
            Part::Module(_) => None,
        }));
        seen.push(self.clone());
        for m in self.own_modules() {
            if !seen.iter().any(|s| Arc::ptr_eq(&s.0, &m.0)) {
                m.collect_variables(found, seen);
            }
        }
    }

    fn own_modules(&self) -> Vec<Module> {
        let of = |p: &Part| match p {
            Part::Module(m) => Some(m.clone()),
            Part::Variable(_) => None,
        };
        crate::lock(&self.0.parts).values().filter_map(of).collect()
    }
}

impl AsRef<Module> for Module {
    fn as_ref(&self) -> &Module {
        self
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = crate::lock(&self.0.parts).keys().cloned().collect();
        write!(f, "<tf.Module {}: {}>", self.0.scope, names.join(", "))
    }
}

//! Modules and name scopes.

use super::constant;
use super::golden::goldens;
use wgflow::{ErrorKind, Module, Result, Variable, function, multiply, name_scope};
use wgflow_tests::device::device_under_test;

struct Dense {
    module: Module,
    w: Variable,
}

impl Dense {
    fn new(name: &str) -> Result<Self> {
        let module = Module::new(name)?;
        let w = module.variable("w", [1.0])?;
        module.variable("b", [0.0])?;
        let count = module.name_scope(|| Variable::named(0.0, "count", false))?;
        module.track("count", &count)?;
        Ok(Dense { module, w })
    }
}

impl AsRef<Module> for Dense {
    fn as_ref(&self) -> &Module {
        &self.module
    }
}

fn model() -> Result<(Module, Dense)> {
    let model = Module::new("model")?;
    let (second, first) =
        model.name_scope(|| Ok::<_, wgflow::Error>((Dense::new("second")?, Dense::new("first")?)))?;
    model.add("second", &second)?;
    model.add("first", &first)?;
    model.add("again", &first)?;
    model.track("scale", &Variable::named(2.0, "scale", true)?)?;
    Ok((model, first))
}

#[test]
fn variables_of_modules_are_named_and_ordered_as_tensorflows() -> Result<()> {
    device_under_test();
    let golden = goldens("modules");
    let (model, first) = model()?;
    let names = |all: Vec<Variable>| all.iter().map(|v| format!("{}:0", v.name())).collect::<Vec<_>>();
    assert_eq!(serde_json::json!(names(model.variables())), golden["variables"]);
    assert_eq!(serde_json::json!(names(model.trainable_variables())), golden["trainable"]);
    assert_eq!(names(model.non_trainable_variables()), ["model/first/count:0", "model/second/count:0"]);
    let modules: Vec<String> = model.submodules().iter().map(|m| m.name().to_string()).collect();
    assert_eq!(serde_json::json!(modules), golden["submodules"]);
    let inside = first.module.name_scope(|| Variable::named(0.0, "x", true))?;
    assert_eq!(format!("{}x", golden["scope"].as_str().unwrap()), inside.name());
    Ok(())
}

#[test]
fn functions_of_modules_read_and_train_their_variables() -> Result<()> {
    device_under_test();
    let (model, first) = model()?;
    let w = first.w.clone();
    let f = function(move |x| multiply(&x[0], &w));
    first.w.assign([3.0])?;
    assert_eq!(f.call(constant([2.0])?)?.to_vec::<f32>()?, [6.0]);
    let concrete = f.get_concrete_function(constant([2.0])?)?;
    assert_eq!(concrete.variables().len(), 1);
    assert!(model.trainable_variables().iter().any(|v| v.id() == concrete.variables()[0].id()));
    Ok(())
}

#[test]
fn names_must_be_identifiers_and_free() -> Result<()> {
    device_under_test();
    for name in ["", "1x", "a b", "a/b"] {
        assert_eq!(Module::new(name).expect_err(name).kind(), ErrorKind::InvalidArgument);
    }
    let m = Module::new("m")?;
    m.variable("w", 1.0)?;
    let e = m.variable("w", 2.0).expect_err("taken");
    assert!(e.to_string().contains('w') && e.kind() == ErrorKind::InvalidArgument, "{e}");
    let v = name_scope("a", || name_scope("b", || Variable::named(1.0, "v", true)))?;
    assert_eq!(v.name(), "a/b/v");
    let v = name_scope("a", || name_scope("other/", || Variable::named(1.0, "v", true)))?;
    assert_eq!(v.name(), "other/v");
    Ok(())
}

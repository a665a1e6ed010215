//! Strings, tables and other values of the host: what golden values of single ops do not show. Texts are TensorFlow's.

use wgflow::hlo::Literal;
use wgflow::ops::lookup::{HashTable, KeyValueTensorInitializer, StaticHashTable};
use wgflow::ops::{array, image, math, nn, ragged, random, sparse, strings};
use wgflow::{DType, ErrorKind, GradientTape, IntoTensor, Result, Source, Tensor, Variable, function, s};
use wgflow_tests::device::device_under_test;

#[test]
fn strings_print_as_in_tensorflow() -> Result<()> {
    device_under_test();
    let many: Vec<String> = (0..12).map(|i| format!("word{i}")).collect();
    let column = Literal::strings([1001, 1], vec![b"x".to_vec(); 1001]).into_tensor(None)?;
    let bytes = |v: &[u8]| Literal::strings((), vec![v.to_vec()]).into_tensor(None);
    for (t, str, repr) in [
        (
            "abc".into_tensor(None)?,
            "tf.Tensor(b'abc', shape=(), dtype=string)",
            "<tf.Tensor: shape=(), dtype=string, numpy=b'abc'>",
        ),
        (
            ["a", "bcd"].into_tensor(None)?,
            "tf.Tensor([b'a' b'bcd'], shape=(2,), dtype=string)",
            "<tf.Tensor: shape=(2,), dtype=string, numpy=array([b'a', b'bcd'], dtype=object)>",
        ),
        (
            [["a", "bcd"], ["é", "x\ny'\""]].into_tensor(None)?,
            "tf.Tensor(\n[[b'a' b'bcd']\n [b'\\xc3\\xa9' b'x\\ny\\'\"']], shape=(2, 2), dtype=string)",
            "<tf.Tensor: shape=(2, 2), dtype=string, numpy=\narray([[b'a', b'bcd'],\n       [b'\\xc3\\xa9', b'x\\ny\\'\"']], dtype=object)>",
        ),
        (
            Vec::<String>::new().into_tensor(None)?,
            "tf.Tensor([], shape=(0,), dtype=string)",
            "<tf.Tensor: shape=(0,), dtype=string, numpy=array([], dtype=object)>",
        ),
        (
            bytes(b"\x00\xff")?,
            "tf.Tensor(b'\\x00\\xff', shape=(), dtype=string)",
            "<tf.Tensor: shape=(), dtype=string, numpy=b'\\x00\\xff'>",
        ),
        (
            ["a'b"].into_tensor(None)?,
            "tf.Tensor([b\"a'b\"], shape=(1,), dtype=string)",
            "<tf.Tensor: shape=(1,), dtype=string, numpy=array([b\"a'b\"], dtype=object)>",
        ),
        (
            many.into_tensor(None)?,
            "tf.Tensor(\n[b'word0' b'word1' b'word2' b'word3' b'word4' b'word5' b'word6' b'word7'\n b'word8' b'word9' b'word10' b'word11'], shape=(12,), dtype=string)",
            "<tf.Tensor: shape=(12,), dtype=string, numpy=\narray([b'word0', b'word1', b'word2', b'word3', b'word4', b'word5',\n       b'word6', b'word7', b'word8', b'word9', b'word10', b'word11'],\n      dtype=object)>",
        ),
        (
            column,
            "tf.Tensor(\n[[b'x']\n [b'x']\n [b'x']\n ...\n [b'x']\n [b'x']\n [b'x']], shape=(1001, 1), dtype=string)",
            "<tf.Tensor: shape=(1001, 1), dtype=string, numpy=\narray([[b'x'],\n       [b'x'],\n       [b'x'],\n       ...,\n       [b'x'],\n       [b'x'],\n       [b'x']], shape=(1001, 1), dtype=object)>",
        ),
    ] {
        assert_eq!(t.to_string(), str);
        assert_eq!(format!("{t:?}"), repr);
    }
    let x = [["a", "b"]].into_tensor(None)?;
    let (_, text) = wgflow::capture_prints(|| wgflow::print(&[&x]));
    assert_eq!(text, "[[\"a\" \"b\"]]\n");
    Ok(())
}

#[test]
fn strings_come_and_go() -> Result<()> {
    device_under_test();
    let x = [["a", "bc"], ["", "d"]].into_tensor(None)?;
    assert_eq!((x.dtype(), &x.shape()[..]), (DType::String, &[2, 2][..]));
    assert_eq!(x.to_vec::<String>()?, ["a", "bc", "", "d"]);
    assert_eq!(x.slice(s![0, 1])?.item::<String>()?, "bc");
    let odd = Literal::strings([1], vec![vec![0xff]]).into_tensor(None)?;
    assert_eq!(odd.to_vec::<Vec<u8>>()?, [[0xff]]);
    assert_eq!(odd.to_vec::<String>().map_err(|e| e.kind()), Err(ErrorKind::InvalidArgument));
    assert_eq!(x.to_vec::<f32>().map_err(|e| e.kind()), Err(ErrorKind::InvalidArgument));
    assert_eq!(
        [1.0].into_tensor(None)?.to_vec::<String>().map_err(|e| e.kind()),
        Err(ErrorKind::InvalidArgument)
    );
    // Many: more than other host values may be.
    let many: Vec<String> = (0..5000).map(|i| format!("{}", i % 7)).collect();
    let many = many.into_tensor(None)?;
    let (distinct, _) = array::unique(&many, DType::Int32)?;
    assert_eq!(distinct.to_vec::<String>()?, ["0", "1", "2", "3", "4", "5", "6"]);
    let equal = math::equal(&many, "3")?.to_vec::<bool>()?;
    assert_eq!(equal.iter().filter(|b| **b).count(), 714);
    assert_eq!(array::reshape(&many, [50, 100])?.slice(s![3, 4])?.item::<String>()?, "3");
    Ok(())
}

#[test]
fn what_takes_no_strings_says_so() -> Result<()> {
    device_under_test();
    let x = ["a", "b"].into_tensor(None)?;
    let e = math::add(&x, &x).expect_err("a sum of strings");
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    assert!(e.to_string().contains("wanted a dtype other than string"), "{e}");
    let e = array::concat(&[x.clone(), [1, 2].into_tensor(None)?], 0).expect_err("strings and numbers");
    assert!(e.message().contains("string") && !e.message().contains("uint32"), "{e}");
    let words = Literal::ints(DType::UInt32, [2], vec![0, 1]).into_tensor(None)?;
    assert!(array::concat(&[x.clone(), words], 0).is_err());
    let e = image::non_max_suppression(&x, &x, 1, 0.5, 0.0).expect_err("boxes of strings");
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    // Graphs have no strings: an op of the host in a trace is the error that it always is.
    let f = function(|x: &[Tensor]| array::gather(["a", "b"], &x[0], 0, 0));
    let e = f.call([0, 1].into_tensor(None)?).expect_err("strings at traced places");
    assert_eq!(e.kind(), ErrorKind::Unimplemented, "{e}");
    Ok(())
}

#[test]
fn strings_flow_through_functions() -> Result<()> {
    device_under_test();
    let words = strings::split(["the cat sat", "a dog"], "", -1)?;
    let default = sparse::sparse_to_dense(&words.indices, &words.dense_shape, &words.values, "", true)?;
    assert_eq!(default.to_vec::<String>()?, ["the", "cat", "sat", "a", "dog", ""]);
    let filled = sparse::fill_empty_rows([[1, 0]], ["x"], [2, 1], "none")?;
    assert_eq!(filled.values.to_vec::<String>()?, ["none", "x"]);
    assert_eq!(filled.empty_row_indicator.to_vec::<bool>()?, [true, false]);
    let rows = [0i64, 3, 5].into_tensor(None)?;
    let (splits, values) = ragged::gather(std::slice::from_ref(&rows), &words.values, [1, 0])?;
    assert_eq!(
        (splits[0].to_vec::<i64>()?, values.to_vec::<String>()?.concat()),
        (vec![0, 2, 5], "adogthecatsat".into())
    );
    let dense = ragged::to_tensor(&[rows], &words.values, "-", Some(&[2, 4]))?;
    assert_eq!(dense.to_vec::<String>()?.join(" "), "the cat sat - a dog - -");
    let upper = strings::upper(
        strings::join(&[words.values.clone(), "!".into_tensor(None)?], "")?,
        strings::Encoding::Ascii,
    )?;
    assert_eq!(upper.slice(s![1])?.item::<String>()?, "CAT!");
    let (splits, runs) = strings::ngrams(&words.values, [0i64, 3, 5], " ", &[2], "", "", 0, false)?;
    assert_eq!(
        (splits.to_vec::<i64>()?, runs.to_vec::<String>()?.join("|")),
        (vec![0, 2, 3], "the cat|cat sat|a dog".into())
    );
    assert_eq!(
        strings::regex_replace("a", "a", "\\q", true).map_err(|e| e.kind()).err(),
        Some(ErrorKind::InvalidArgument)
    );
    let quoted = strings::regex_replace(["a.b*c"], "\\Q.b*\\E", "-", true)?;
    assert_eq!(quoted.to_vec::<String>()?, ["a-c"]);
    Ok(())
}

#[test]
fn tables_find_what_they_were_given() -> Result<()> {
    device_under_test();
    let initializer = KeyValueTensorInitializer::new(["a", "b", "c"], [10i64, 20, 30])?;
    let table = StaticHashTable::new(&initializer, -1)?;
    let found = table.lookup([["b", "z"], ["a", "a"]])?;
    assert_eq!(
        (found.dtype(), &found.shape()[..], found.to_vec::<i64>()?),
        (DType::Int64, &[2, 2][..], vec![20, -1, 10, 10])
    );
    assert_eq!(table.size()?.item::<i64>()?, 3);
    let (keys, values) = table.export()?;
    assert_eq!(
        (keys.to_vec::<String>()?.concat(), values.to_vec::<i64>()?),
        ("abc".into(), vec![10, 20, 30])
    );
    let numbers = KeyValueTensorInitializer::new([0, 7], ["zero", "seven"])?;
    assert_eq!(StaticHashTable::new(&numbers, "?")?.lookup([7, 8])?.to_vec::<String>()?, ["seven", "?"]);

    let table = HashTable::new(DType::Int32, DType::Float32)?;
    let empty = table.find([1], 0.0).expect_err("a table without content");
    assert_eq!(empty.kind(), ErrorKind::FailedPrecondition);
    table.initialize([1, 2], [0.5, 1.5])?;
    table.initialize([2, 1], [1.5, 0.5])?;
    assert_eq!(
        table.initialize([1, 2], [0.5, 2.5]).map_err(|e| e.kind()),
        Err(ErrorKind::FailedPrecondition)
    );
    assert_eq!(table.find([2, 3, 1], f32::NAN)?.to_vec::<f32>()?[0], 1.5);
    table.import([3, 3], [1.0, 2.0])?;
    assert_eq!(
        (table.size()?.item::<i64>()?, table.find([3, 1], -1.0)?.to_vec::<f32>()?),
        (1, vec![2.0, -1.0])
    );
    let kind = |r: Result<()>| r.map_err(|e| e.kind());
    assert_eq!(kind(table.import([1, 2], [1.0])), Err(ErrorKind::InvalidArgument));
    assert_eq!(kind(table.import(["a"], [1.0])), Err(ErrorKind::InvalidArgument));
    assert_eq!(kind(table.find([1.5f32], 0.0).map(|_| ())), Err(ErrorKind::InvalidArgument));
    assert_eq!(kind(table.find([1], [0.0]).map(|_| ())), Err(ErrorKind::InvalidArgument));
    let twice = KeyValueTensorInitializer::new([1, 1], [1, 2])?;
    assert_eq!(kind(StaticHashTable::new(&twice, 0).map(|_| ())), Err(ErrorKind::FailedPrecondition));
    let f = function(move |x: &[Tensor]| table.find(&x[0], 0.0));
    assert_eq!(f.call([1].into_tensor(None)?).map_err(|e| e.kind()).err(), Some(ErrorKind::Unimplemented));
    Ok(())
}

#[test]
fn raw_draws_come_from_the_streams_of_the_functions() -> Result<()> {
    device_under_test();
    let shape = vec![1000i64];
    let op = random::RandomUniform { shape: shape.clone(), dtype: DType::Float32, seed: 5, seed2: 9 };
    let v = wgflow::tensor::run_one(&op, &[])?.to_vec::<f32>()?;
    assert!(v.iter().all(|v| (0.0..1.0).contains(v)) && (v.iter().sum::<f32>() / 1000.0 - 0.5).abs() < 0.06);
    assert_ne!(v, wgflow::tensor::run_one(&op, &[])?.to_vec::<f32>()?);
    let op = random::RandomStandardNormal { shape: shape.clone(), dtype: DType::Float32, seed: 5, seed2: 0 };
    let v = wgflow::tensor::run_one(&op, &[])?.to_vec::<f32>()?;
    assert!((v.iter().sum::<f32>() / 1000.0).abs() < 0.2 && v.iter().any(|v| v.abs() > 2.0));
    let op = random::TruncatedNormal { shape, dtype: DType::Float32, seed: 5, seed2: 1 };
    let v = wgflow::tensor::run_one(&op, &[])?.to_vec::<f32>()?;
    assert!(v.iter().all(|v| v.abs() <= 2.0) && v.iter().any(|v| v.abs() > 1.0));
    Ok(())
}

#[test]
fn steps_have_no_slope() -> Result<()> {
    device_under_test();
    let x = Variable::new([-1.0, 0.5])?;
    let tape = GradientTape::new();
    let y = nn::step(&x, 0.25)?;
    assert_eq!(y.to_vec::<f32>()?, [0.25, 1.0]);
    let d = tape.gradient(&y, &[Source::from(&x)][..])?;
    assert_eq!(d[0].as_ref().map(|d| d.to_vec::<f32>()).transpose()?, Some(vec![0.0, 0.0]));
    Ok(())
}

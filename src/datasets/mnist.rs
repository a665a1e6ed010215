//! MNIST: handwritten digits of 28x28 pixels (Y. LeCun, C. Cortes, C. Burges; licence CC BY-SA 3.0).

use super::source::{File, Source};
use super::{Split, idx};
use crate::error::Result;
use std::path::Path;

const SOURCE: Source = Source {
    name: "mnist",
    mirrors: &[
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ],
    files: &[
        File {
            name: "train-images-idx3-ubyte.gz",
            bytes: 9_912_422,
            sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        },
        File {
            name: "train-labels-idx1-ubyte.gz",
            bytes: 28_881,
            sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        },
        File {
            name: "t10k-images-idx3-ubyte.gz",
            bytes: 1_648_877,
            sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        },
        File {
            name: "t10k-labels-idx1-ubyte.gz",
            bytes: 4_542,
            sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
    ],
};

/// MNIST (`keras.datasets.mnist.load_data`): `(x_train, y_train), (x_test, y_test)`, images uint8 [60000, 28, 28] and [10000, 28, 28] with
/// values 0 to 255, labels uint8 [60000] and [10000].
///
/// `path` is a folder that holds the four IDX files. Without it they are downloaded, once, to [`cache_dir`](super::cache_dir).
///
/// # Errors
/// As [`idx::load_data`]; as [`get_file`](super::get_file) where files are to be downloaded.
pub fn load_data(path: Option<&Path>) -> Result<Split> {
    match path {
        Some(folder) => idx::load_data(folder, 10),
        None => idx::load_data(SOURCE.folder()?, 10),
    }
}

//! What work costs, in numbers that no machine changes: kernels, pipelines, buffers, cached plans.

mod growth;
mod kernels;
mod pipelines;
mod tuning;

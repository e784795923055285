//! The ring and the metrics of `tcpwhy live`, on real traffic in network namespaces.

pub(crate) mod metrics;
pub(crate) mod ring;

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

//! The page's files in gzip (RFC 1952), which is a third of their bytes, for browsers that take it.

use std::{
    collections::HashMap,
    io::{self, Write},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

use flate2::{Compression, write::GzEncoder};

/// `None`: it would be no smaller.
type Small = Option<Arc<[u8]>>;

type Done = HashMap<[u8; 32], Small>;

/// By the hash of the plain file: each is compressed once.
static DONE: LazyLock<Mutex<Done>> = LazyLock::new(Mutex::default);

/// Whether a header `Accept-Encoding` takes gzip (RFC 9110 section 12.5.3).
pub(super) fn is_taken(accepted: &str) -> bool {
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && !is_zero(weight)
    })
}

fn is_zero(weight: &str) -> bool {
    let value = weight.trim().strip_prefix("q=");
    value.is_some_and(|value| value.parse() == Ok(0.0))
}

/// A file in gzip; `None`: it cannot be, or would be no smaller.
pub(super) fn compressed(hash: [u8; 32], plain: &[u8]) -> Small {
    if let Some(done) = done().get(&hash) {
        return done.clone();
    }
    let small = compress(plain).ok();
    let small = small.filter(|small| small.len() < plain.len());
    let small: Small = small.map(Arc::from);
    done().insert(hash, small.clone());
    small
}

fn compress(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain)?;
    encoder.finish()
}

fn done() -> MutexGuard<'static, Done> {
    DONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_where_it_is_named_and_not_refused() {
        for taken in ["gzip", "deflate, gzip;q=0.5, br", "GZIP", "br,gzip ; q=1"] {
            assert!(is_taken(taken), "{taken}");
        }
        for refused in ["", "br", "gzip;q=0", "gzip; q=0.000", "x-gzip2"] {
            assert!(!is_taken(refused), "{refused}");
        }
    }

    #[test]
    fn what_would_be_no_smaller_stays_plain() {
        assert_eq!(compressed([1; 32], b"x"), None);
        let text = b"the same again ".repeat(100);
        let small = compressed([2; 32], &text).unwrap();
        assert!(small.len() < 200);
        assert_eq!(small, compressed([2; 32], &text).unwrap());
    }
}

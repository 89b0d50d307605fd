//! The server's copies of files: in memory, never on a disk, and never more of them than there is place for.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use convene_conference::FileOffer;
use sha2::{Digest, Sha256};

/// Copies of how many files of the largest size the service keeps at once, in all its conferences.
const MOST: u64 = 10;

/// The place that there is for copies.
#[derive(Clone, Debug)]
pub struct Shelf {
    taken: Arc<AtomicU64>,
    most: u64,
}

/// The place that one copy takes, until it is dropped.
#[derive(Debug)]
struct Place {
    shelf: Shelf,
    size: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shelf.taken.fetch_sub(self.size, Ordering::Relaxed);
    }
}

impl Shelf {
    /// An empty one, where no file is larger than `limit` octets.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self {
            taken: Arc::default(),
            most: MOST * limit,
        }
    }

    fn place(&self, size: u64) -> Option<Place> {
        let more = |taken: u64| taken.checked_add(size).filter(|sum| *sum <= self.most);
        let taken = self
            .taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.ok().map(|_| Place {
            shelf: self.clone(),
            size,
        })
    }

    /// Place for what was offered; `None` when there is too little.
    #[must_use]
    pub fn receive(&self, offer: FileOffer) -> Option<Incoming> {
        let place = self.place(offer.size)?;
        let size = usize::try_from(offer.size).ok()?;
        Some(Incoming {
            offer,
            place,
            octets: Vec::with_capacity(size),
            hash: Sha256::new(),
        })
    }
}

/// A copy that comes.
#[derive(Debug)]
pub struct Incoming {
    offer: FileOffer,
    place: Place,
    octets: Vec<u8>,
    hash: Sha256,
}

/// What came is another file than was offered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not the file that was offered: it has another size or SHA-256")]
pub struct OtherFile;

impl Incoming {
    /// The next octets of it.
    ///
    /// # Errors
    /// [`OtherFile`] when they are more than was said.
    pub fn take(&mut self, octets: &[u8]) -> Result<(), OtherFile> {
        if (self.octets.len() + octets.len()) as u64 > self.offer.size {
            return Err(OtherFile);
        }
        self.hash.update(octets);
        self.octets.extend_from_slice(octets);
        Ok(())
    }

    /// All of it has come.
    ///
    /// # Errors
    /// [`OtherFile`] when it is not what was offered.
    pub fn end(self) -> Result<Copy, OtherFile> {
        let digits = self
            .hash
            .finalize()
            .iter()
            .fold(String::new(), |text, b| text + &format!("{b:02x}"));
        if self.octets.len() as u64 != self.offer.size || digits != self.offer.sha256 {
            return Err(OtherFile);
        }
        Ok(Copy {
            octets: self.octets.into(),
            place: Arc::new(self.place),
        })
    }
}

/// A whole copy; another hold on it takes no place.
#[derive(Clone, Debug)]
pub struct Copy {
    octets: Bytes,
    #[expect(dead_code, reason = "it is taken as long as this is there")]
    place: Arc<Place>,
}

impl Copy {
    /// All of it.
    #[must_use]
    pub fn octets(&self) -> Bytes {
        self.octets.clone()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn offer(size: u64) -> FileOffer {
        FileOffer {
            name: "abc".into(),
            size,
            media_type: String::new(),
            // Of "abc" (FIPS 180-4, the first example).
            sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".into(),
        }
    }

    #[test]
    fn what_was_offered_is_kept() {
        let mut incoming = Shelf::new(3).receive(offer(3)).unwrap();
        incoming.take(b"a").unwrap();
        incoming.take(b"bc").unwrap();
        assert_eq!(incoming.end().unwrap().octets(), Bytes::from("abc"));
    }

    #[test]
    fn another_file_is_not() {
        let shelf = Shelf::new(4);
        for (size, octets) in [(3, "abd"), (4, "abc"), (4, "abcd")] {
            let mut incoming = shelf.receive(offer(size)).unwrap();
            incoming.take(octets.as_bytes()).unwrap();
            assert_eq!(incoming.end().unwrap_err(), OtherFile, "{octets}");
        }
        let mut incoming = shelf.receive(offer(3)).unwrap();
        assert_eq!(incoming.take(b"abcd"), Err(OtherFile));
    }

    #[test]
    fn there_is_so_much_place_and_it_comes_back() {
        let shelf = Shelf::new(3);
        let mut coming: Vec<_> = (0..MOST)
            .map(|_| shelf.receive(offer(3)).unwrap())
            .collect();
        assert!(shelf.receive(offer(1)).is_none());
        let mut last = coming.pop().unwrap();
        last.take(b"abc").unwrap();
        let copy = last.end().unwrap();
        let again = copy.clone();
        drop(copy);
        assert!(shelf.receive(offer(1)).is_none());
        drop(again);
        assert!(shelf.receive(offer(3)).is_some());
        drop(coming);
        assert_eq!(shelf.taken.load(Ordering::Relaxed), 0);
        assert!(shelf.receive(offer(u64::MAX)).is_none());
    }
}

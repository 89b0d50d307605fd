//! Files that are offered.

use std::time::Duration;

use convene_conference as inner;
use convene_protocol::{FileCopy, FileInfo};

/// `origin`: when the conference's clock was at zero.
pub(super) fn file_out(file: inner::OfferedFile, origin: Duration) -> FileInfo {
    let at = (origin + file.at).as_millis();
    FileInfo {
        id: file.id,
        from: file.from.0,
        by: file.by,
        name: file.offer.name,
        size: file.offer.size,
        media_type: file.offer.media_type,
        sha256: file.offer.sha256,
        at: u64::try_from(at).unwrap_or(u64::MAX),
        copy: match file.copy {
            inner::FileCopy::None => FileCopy::None,
            inner::FileCopy::Asked { .. } | inner::FileCopy::Coming { .. } => FileCopy::Coming,
            inner::FileCopy::There => FileCopy::There,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_said_and_when_a_copy_is_due_is_not() {
        let mut file = inner::OfferedFile {
            id: 3,
            from: inner::ParticipantId("ann".into()),
            by: "Ann".into(),
            offer: inner::FileOffer {
                name: "a.png".into(),
                size: 9,
                media_type: "image/png".into(),
                sha256: "00".into(),
            },
            at: Duration::from_millis(1_500),
            copy: inner::FileCopy::There,
        };
        let out = file_out(file.clone(), Duration::from_secs(1_000));
        assert_eq!((out.at, &*out.from, &*out.by), (1_001_500, "ann", "Ann"));
        assert_eq!(
            (&*out.name, out.size, out.copy),
            ("a.png", 9, FileCopy::There)
        );
        let until = Duration::ZERO;
        for copy in [
            inner::FileCopy::Asked { until },
            inner::FileCopy::Coming { until },
        ] {
            file.copy = copy;
            assert_eq!(file_out(file.clone(), until).copy, FileCopy::Coming);
        }
    }
}

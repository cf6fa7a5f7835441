//! Sending layers and configurations.

use ureq::http::Method;

use super::{Push, repositories};
use crate::fetch::Stopped;
use crate::http::{Content, Failure, Request, Url, location, upload};
use crate::manifest::Descriptor;
use crate::origin::Origin;
use crate::reference::show_digest;

impl Push<'_> {
    /// Sends a blob, unless the registry has it.
    pub(super) fn blob(&self, blob: &Descriptor, origins: &[Origin]) -> Result<(), Stopped> {
        let digest = show_digest(blob.digest()?);
        if self.exists("blobs", &digest)? {
            return Ok(());
        }
        let mut begun = None;
        for repository in repositories(origins, self.to) {
            match self.mount(&digest, &repository)? {
                Mounted::Done => return Ok(()),
                Mounted::Begun(url) => {
                    begun = Some(url);
                    break;
                }
                Mounted::Refused => {}
            }
        }
        let file = self.images.blob_file(blob, origins, self.cancel)?;
        let content = self.images.store.open_verified(&file)?;
        upload(self.client, &self.endpoint, (&digest, file.size), &content, begun, self.cancel)?;
        self.count(file.size);
        Ok(())
    }

    /// Has the registry take a blob from another repository.
    fn mount(&self, digest: &str, from: &str) -> Result<Mounted, Failure> {
        let mut url = self.endpoint.at("blobs", "uploads/");
        url.rest = format!("{}?mount={digest}&from={from}", url.rest);
        let request = Request::send(&self.endpoint, Method::POST, url.clone(), Content::Bytes(b""));
        match self.client.send(&request, self.cancel) {
            Ok(response) if response.status() == 201 => Ok(Mounted::Done),
            Ok(response) => location(&url, &response).map(Mounted::Begun),
            // Who may not read the other repository may still write to this one.
            Err(Failure::Absent | Failure::Unauthorized { .. } | Failure::Wrong(_)) => Ok(Mounted::Refused),
            Err(failure) => Err(failure),
        }
    }
}

/// What a registry makes of being asked for a blob of another repository.
enum Mounted {
    Done,
    /// It does not; what is sent goes there.
    Begun(Url),
    Refused,
}

//! What a CI system says of its run, for `host.ci`: GitHub's "Default environment variables" and GitLab's "Predefined CI/CD
//! variables".

use std::sync::Arc;

use pipe_eval::{CiEvent, CiFacts};

/// The run this process belongs to, if a CI system that is known started it.
pub(super) fn facts() -> Option<CiFacts> {
    from(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

fn from(variable: Variables<'_>) -> Option<CiFacts> {
    let is_set = |name: &str| variable(name).as_deref() == Some("true");
    if is_set("GITHUB_ACTIONS") {
        return Some(github(variable));
    }
    is_set("GITLAB_CI").then(|| gitlab(variable))
}

fn text(variable: Variables<'_>, name: &str) -> Arc<str> {
    variable(name).unwrap_or_default().into()
}

fn github(variable: Variables<'_>) -> CiFacts {
    let reference = text(variable, "GITHUB_REF");
    // `refs/pull/7/merge`
    let number = reference.strip_prefix("refs/pull/").and_then(|rest| rest.split('/').next()?.parse().ok());
    let event = match variable("GITHUB_EVENT_NAME").as_deref() {
        Some("pull_request" | "pull_request_target") => {
            CiEvent::PullRequest { base: text(variable, "GITHUB_BASE_REF"), number: number.unwrap_or(0) }
        }
        Some("schedule") => CiEvent::Schedule,
        Some("push") if reference.starts_with("refs/tags/") => CiEvent::Tag,
        Some("push") => CiEvent::Push,
        _ => CiEvent::Manual,
    };
    let name = |kind: &str| reference.strip_prefix(kind).map(Arc::from);
    let run = ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"].map(|name| text(variable, name));
    CiFacts {
        provider: "github".into(),
        event,
        branch: name("refs/heads/"),
        tag: name("refs/tags/"),
        repository: text(variable, "GITHUB_REPOSITORY"),
        actor: text(variable, "GITHUB_ACTOR"),
        run_url: format!("{}/{}/actions/runs/{}", run[0], run[1], run[2]).into(),
        reference,
    }
}

fn gitlab(variable: Variables<'_>) -> CiFacts {
    let tag: Option<Arc<str>> = variable("CI_COMMIT_TAG").map(Into::into);
    let branch: Option<Arc<str>> = variable("CI_COMMIT_BRANCH").map(Into::into);
    let event = match variable("CI_PIPELINE_SOURCE").as_deref() {
        Some("merge_request_event") => CiEvent::PullRequest {
            base: text(variable, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
            number: variable("CI_MERGE_REQUEST_IID").and_then(|number| number.parse().ok()).unwrap_or(0),
        },
        Some("schedule") => CiEvent::Schedule,
        Some("push") if tag.is_some() => CiEvent::Tag,
        Some("push") => CiEvent::Push,
        _ => CiEvent::Manual,
    };
    let reference = match (&tag, &branch) {
        (Some(tag), _) => format!("refs/tags/{tag}"),
        (_, Some(branch)) => format!("refs/heads/{branch}"),
        _ => variable("CI_MERGE_REQUEST_REF_PATH").unwrap_or_default(),
    };
    CiFacts {
        provider: "gitlab".into(),
        event,
        reference: reference.into(),
        branch,
        tag,
        repository: text(variable, "CI_PROJECT_PATH"),
        actor: text(variable, "GITLAB_USER_LOGIN"),
        run_url: text(variable, "CI_PIPELINE_URL"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn facts_of(variables: &[(&str, &str)]) -> Option<CiFacts> {
        from(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_pull_request_on_github() {
        let facts = facts_of(&[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_REF", "refs/pull/7/merge"),
            ("GITHUB_BASE_REF", "main"),
            ("GITHUB_REPOSITORY", "acme/hello"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_RUN_ID", "99"),
        ]);
        let facts = facts.unwrap();
        assert_eq!(facts.event, CiEvent::PullRequest { base: "main".into(), number: 7 });
        assert_eq!((facts.branch, facts.tag), (None, None));
        assert_eq!(&*facts.run_url, "https://github.com/acme/hello/actions/runs/99");
    }

    #[test]
    fn a_tag_on_gitlab() {
        let facts =
            facts_of(&[("GITLAB_CI", "true"), ("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_TAG", "v1")])
                .unwrap();
        assert_eq!((facts.event, &*facts.reference), (CiEvent::Tag, "refs/tags/v1"));
    }

    #[test]
    fn elsewhere_there_is_none() {
        assert_eq!(facts_of(&[("CI", "true")]), None);
    }
}

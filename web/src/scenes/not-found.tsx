import { EmptyState } from "../components/answers.tsx";
import { ButtonLink } from "../components/link.tsx";

export function NotFound() {
  return (
    <EmptyState icon="search" title="No page at this address" actions={<ButtonLink to="/">To the projects</ButtonLink>}>
      <h1 data-page-title="" tabIndex={-1} className="sr-only">
        No page at this address
      </h1>
      <p>The link may be old, or a letter is missing.</p>
    </EmptyState>
  );
}

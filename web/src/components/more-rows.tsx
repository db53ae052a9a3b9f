import { Button } from "./button.tsx";

/** Below a list that comes page by page: the next page, as long as there is one. */
export function MoreRows({ query, children }: MoreRowsProps) {
  if (!query.hasNextPage) return null;
  return (
    <div className="border-t border-line px-5 py-3">
      <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {children}
      </Button>
    </div>
  );
}

export interface MoreRowsProps {
  query: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => Promise<unknown>;
  };
  /** What the button says, such as "Show older traces". */
  children: string;
}

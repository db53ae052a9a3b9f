/** The sign: a loop that closes through its centre. */
export function Wordmark() {
  return (
    <span className="inline-flex items-center gap-2.5">
      <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
        <rect width="32" height="32" rx="8" className="fill-accent-fill" />
        <path
          d="M22.6 10.2A9 9 0 1 0 25 16h-6.2"
          fill="none"
          strokeWidth="3"
          strokeLinecap="round"
          strokeLinejoin="round"
          className="stroke-on-accent"
        />
        <circle cx="16" cy="16" r="2.4" className="fill-on-accent" />
      </svg>
      <span className="text-lg font-semibold tracking-tight">Gyre</span>
    </span>
  );
}

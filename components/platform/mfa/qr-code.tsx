/** The modules come from the server as rows of 0 and 1; drawn as one path, always dark on light so that cameras read it. */
export function QrCode({ rows, label }: { rows: readonly string[]; label: string }) {
  const quiet = 4;
  const size = rows.length + 2 * quiet;
  const path = rows
    .flatMap((row, y) =>
      Array.from(row, (cell, x) => (cell === '1' ? `M${x + quiet} ${y + quiet}h1v1h-1z` : '')),
    )
    .join('');
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-48 rounded-md border bg-[#fff]"
    >
      <path d={path} fill="#000" />
    </svg>
  );
}

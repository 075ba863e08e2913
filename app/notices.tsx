import { Banner } from './_ui/banner.tsx';

/** Says that a pass proves less than usual. */
export function RelaxedBanner() {
  return (
    <Banner word="waived">
      <b className="font-semibold">Relaxed targets.</b> The targets of this plan were lowered on purpose so that a run
      fits into minutes. A pass here proves less than the built-in plan asks for.
    </Banner>
  );
}

/** Says that no verdict is current. */
export function StaleBanner() {
  return (
    <Banner word="no_data">
      <b className="font-semibold">Nobody is watching.</b> The last evaluation is past its validity, so every verdict
      reads as no data. Start the worker: <code className="text-xs">banyan start</code>.
    </Banner>
  );
}

import type { ThrottleLimits } from '../token-buckets.js'

/** What users have found EMR's limits to be; AWS publishes that there are some. */
export const emrLimits: ThrottleLimits = {
  operations: {
    DescribeStep: { burst: 10, refillPerSecond: 0.5 },
    ListSteps: { burst: 10, refillPerSecond: 0.5 },
    AddJobFlowSteps: { burst: 10, refillPerSecond: 0.5 },
    CancelSteps: { burst: 10, refillPerSecond: 0.5 },
    RunJobFlow: { burst: 10, refillPerSecond: 0.5 },
    DescribeCluster: { burst: 10, refillPerSecond: 1 },
  },
  account: { burst: 25, refillPerSecond: 5 },
}
